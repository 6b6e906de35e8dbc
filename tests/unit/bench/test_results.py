"""The file of results: what is finished is not measured again, what has changed is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.peers.engine import own_digest
from bench.peers.result import Result, ResultFile, read

ROW = Result("hfcore", "0a1b2c3d4e", 30.0, "heart failure with time", "feed", 3, 239, 60, auc=0.91, log_loss=0.3501234567890123)


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    """Every figure survives the file to its last digit, and texts with commas and quotes survive too."""
    failed = replace(ROW, engine="h2o", error='ended with 1: "no, thanks"')
    file = ResultFile(tmp_path / "new" / "out.csv")
    for row in (ROW, failed):
        file.add(row)
    assert read(tmp_path / "new" / "out.csv") == [ROW, failed]


def test_a_finished_fold_is_found_by_a_later_command(tmp_path: Path) -> None:
    """The same engine, version, budget, table and fold is finished; a change of any of them is not."""
    ResultFile(tmp_path / "out.csv").add(ROW)
    later = ResultFile(tmp_path / "out.csv")
    assert later.finished(ROW.key) == ROW
    changes = ({"version": "other"}, {"budget_s": 60.0}, {"digest": "beef"}, {"fold": 4}, {"engine": "flaml"}, {"table": "pima"})
    assert [change for change in changes if later.finished(replace(ROW.key, **change)) is not None] == []


def test_a_failed_fold_is_tried_again(tmp_path: Path) -> None:
    """A failure is written down, but only a success counts as finished."""
    file = ResultFile(tmp_path / "out.csv")
    file.add(replace(ROW, error="took more than 1200 s"))
    assert ResultFile(tmp_path / "out.csv").finished(ROW.key) is None
    file.add(ROW)
    assert ResultFile(tmp_path / "out.csv").finished(ROW.key) == ROW


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    """A file with other columns is neither read as results nor appended to."""
    (tmp_path / "out.csv").write_text("name,age\nsomebody,60\n")
    with pytest.raises(ValueError, match="other columns"):
        ResultFile(tmp_path / "out.csv")


@pytest.mark.parametrize(("path", "measured_again"), [("automl/engine.py", True), ("errors.py", True), ("ui/charts.py", False)])
def test_a_changed_engine_has_another_version(tmp_path: Path, path: str, measured_again: bool) -> None:
    """A change of the code that trains is a new version, a change of a page or a chart is not."""
    digests = []
    for name in ("before", "after"):
        root = tmp_path / name
        for module in ("automl/engine.py", "errors.py", "ui/charts.py"):
            (root / "hfcore" / module).parent.mkdir(parents=True, exist_ok=True)
            (root / "hfcore" / module).write_text("changed" if (name, module) == ("after", path) else "as it was")
        (root / "constraints.txt").write_text("numpy==2.3.2\n")
        digests.append(own_digest(root))
    assert (digests[0] != digests[1]) is measured_again
