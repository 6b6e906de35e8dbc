"""The Model page beside its peer: ratios, and a peer that is not there is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bench.model_page import PEER, Cost, hand_over, table
from tests.finished import FinishedRun


def test_the_table_holds_ratios() -> None:
    """Each figure of ours stands beside the peer's with the ratio of both."""
    written = table(Cost(2.0, 3.0, 200.0, 50.0), Cost(4.0, 6.0, 400.0, 500.0), "")
    assert [line.split()[-1] for line in written.splitlines()[1:]] == ["0.50x", "0.50x", "0.50x", "0.10x"]


def test_a_peer_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """Without its environment nothing is compared, and the output says so and what to do."""
    written = table(Cost(2.0, 3.0, 200.0, 50.0), None, PEER.missing(tmp_path))
    assert written.count("not compared") == 4
    assert "NOT COMPARED explainerdashboard: not installed" in written
    assert "--install does it" in written


def test_the_peer_gets_the_same_model_and_patients(finished_run: FinishedRun, tmp_path: Path) -> None:
    """What is handed over are the winner's own file and the columns that it was trained on, the label last."""
    assert "11 columns, 299 patients" in hand_over(finished_run.home, tmp_path)
    kept = [p.read_bytes() for p in (finished_run.home / "runs" / finished_run.run_id / "children").glob("*.onnx")]
    assert (tmp_path / "model.onnx").read_bytes() in kept
    assert list(pd.read_csv(tmp_path / "patients.csv"))[-1] == "DEATH_EVENT"
