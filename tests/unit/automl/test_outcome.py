"""Outcomes of trials on disk: complete, free of pickle, refused when damaged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hfcore.automl.outcome import ChildOutcome, load_outcome, save_outcome
from hfcore.errors import ArtifactDamaged
from hfcore.reporting.report import Member, PipelineStep
from hfcore.states import RunState

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
FULL = ChildOutcome(
    number=3,
    algorithm="MaxAbsScaler, LightGBM",
    state=RunState.COMPLETED,
    score=0.8,
    fold_scores=(0.75, 0.85),
    metrics={"AUC_weighted": 0.8, "AUC_micro": float("nan")},
    fold_metrics={"AUC_weighted": (0.75, 0.85)},
    probabilities=np.array([[0.1, 0.9], [0.7, 0.3]]),
    fitted=np.array([[0.2, 0.8], [0.6, 0.4]]),
    shuffled=np.array([[[[0.3, 0.7], [0.5, 0.5]]]], dtype=np.float32),
    steps=(PipelineStep("MaxAbsScaler"), PipelineStep("LightGBM", {"num_leaves": 4})),
    members=(Member(1, "StandardScalerWrapper, LogisticRegression", 0.5),),
    seconds=1.5,
    started_at=NOW,
    ended_at=NOW,
    message=None,
    parity=1e-9,
    export_note="",
)


def test_an_outcome_comes_back_whole(tmp_path: Path) -> None:
    """Everything but the model's bytes is read back as it was written."""
    save_outcome(FULL, tmp_path / "3.npz")
    back = load_outcome(tmp_path / "3.npz")
    assert repr(back) == repr(FULL)
    assert back.started_at == NOW
    assert np.array_equal(back.probabilities, FULL.probabilities)  # type: ignore[arg-type]
    assert np.array_equal(back.fitted, FULL.fitted)  # type: ignore[arg-type]
    assert np.array_equal(back.shuffled, FULL.shuffled)  # type: ignore[arg-type]


def test_an_outcome_without_predictions_comes_back(tmp_path: Path) -> None:
    """A trial that failed has no arrays, only its state and its sentence."""
    failed = ChildOutcome(number=1, algorithm="SVM", state=RunState.CRASHED, message="It died 3 times.")
    save_outcome(failed, tmp_path / "1.npz")
    assert load_outcome(tmp_path / "1.npz") == failed


def test_the_file_holds_no_pickle(tmp_path: Path) -> None:
    """Every array in the file is plain numbers or text."""
    save_outcome(FULL, tmp_path / "3.npz")
    with np.load(tmp_path / "3.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that is not an outcome is an ArtifactDamaged, whatever it holds."""
    (tmp_path / "1.npz").write_bytes(content)
    with pytest.raises(ArtifactDamaged):
        load_outcome(tmp_path / "1.npz")
