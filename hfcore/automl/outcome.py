"""What a trial is to do and what came of it; numpy only, so that any process can read it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from hfcore.errors import ArtifactDamaged
from hfcore.reporting.report import Member, PipelineStep
from hfcore.states import RunState

ENSEMBLES = ("VotingEnsemble", "StackEnsemble")
Floats = npt.NDArray[np.float64]
_ARRAYS = ("probabilities", "cases", "fitted", "shuffled")


@dataclass(frozen=True)
class TrialPlan:
    """One trial before it starts: its number in the run, Azure's name of the pipeline, its parameters.

    The parameters of a tuned trial are chosen only when its turn comes, from what the trials before it have scored.
    """

    number: int
    algorithm: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_tuned: bool = False

    @property
    def family(self) -> str:
        """The algorithm without its scaler, e.g. "LightGBM"."""
        return self.algorithm.rsplit(", ", 1)[-1]

    @property
    def is_ensemble(self) -> bool:
        """True when the trial combines earlier ones."""
        return self.algorithm in ENSEMBLES


@dataclass(frozen=True)
class ChildOutcome:
    """One trial after it has ended, well or badly.

    `score` is the mean over the folds of the primary metric; `probabilities` are out-of-fold, one row per
    row of the table and one column per label; `fitted` are those of the pipeline refitted on all rows, on
    the same rows. `model` is the ONNX file of that pipeline, `parity` the largest |difference in
    probability| between the two over every row; without a model `export_note` says why.
    With random splits `cases` holds the probabilities split by split, and `probabilities` each row's mean
    over the splits that held it out, NaN where none did. `shuffled` are out-of-fold too, each with one column shuffled:
    columns, repeats, cases, classes; see `shuffles`.
    """

    number: int
    algorithm: str
    state: RunState
    score: float | None = None
    fold_scores: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    fold_metrics: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    probabilities: Floats | None = field(default=None, repr=False, compare=False)
    cases: Floats | None = field(default=None, repr=False, compare=False)
    fitted: Floats | None = field(default=None, repr=False, compare=False)
    shuffled: npt.NDArray[np.floating[Any]] | None = field(default=None, repr=False, compare=False)
    steps: tuple[PipelineStep, ...] = ()
    members: tuple[Member, ...] = ()
    seconds: float | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    message: str | None = None
    model: bytes | None = field(default=None, repr=False)
    parity: float | None = None
    export_note: str = ""

    @property
    def family(self) -> str:
        """The algorithm without its scaler, e.g. "LightGBM"."""
        return self.algorithm.rsplit(", ", 1)[-1]

    @property
    def is_scored(self) -> bool:
        """True when the trial ended well and has a score to compare."""
        return self.state is RunState.COMPLETED and self.score is not None


def save_outcome(outcome: ChildOutcome, path: str | Path | BinaryIO) -> None:
    """Write everything but the model's bytes to `path` as .npz that holds no pickle."""
    arrays = {name: getattr(outcome, name) for name in _ARRAYS if getattr(outcome, name) is not None}
    facts = np.array(json.dumps(_facts(outcome)))
    if isinstance(path, (str, Path)):
        with Path(path).open("wb") as file:
            np.savez(file, facts=facts, **arrays)
    else:
        np.savez(path, facts=facts, **arrays)


def load_outcome(path: str | Path | BinaryIO) -> ChildOutcome:
    """Read what `save_outcome` wrote; the model's bytes are the caller's to add.

    Raises:
        ArtifactDamaged: the file is not one that `save_outcome` wrote.
    """
    try:
        content = Path(path).read_bytes() if isinstance(path, (str, Path)) else path.read()
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            arrays = {name: stored[name].astype(np.float64) for name in _ARRAYS if name in stored}
        return ChildOutcome(**_from_facts(facts), **arrays)
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ArtifactDamaged(f"{path} does not hold the outcome of a trial.", "Run the trial again.") from error


def _facts(o: ChildOutcome) -> dict[str, Any]:
    return {
        "number": o.number,
        "algorithm": o.algorithm,
        "state": o.state.value,
        "score": o.score,
        "fold_scores": list(o.fold_scores),
        "metrics": dict(o.metrics),
        "fold_metrics": {name: list(values) for name, values in o.fold_metrics.items()},
        "steps": [{"name": s.name, "parameters": dict(s.parameters)} for s in o.steps],
        "members": [{"number": m.number, "algorithm": m.algorithm, "weight": m.weight} for m in o.members],
        "seconds": o.seconds,
        "started_at": o.started_at.isoformat() if o.started_at else None,
        "ended_at": o.ended_at.isoformat() if o.ended_at else None,
        "message": o.message,
        "parity": o.parity,
        "export_note": o.export_note,
    }


def _from_facts(facts: dict[str, Any]) -> dict[str, Any]:
    moments = {name: facts[name] and datetime.fromisoformat(facts[name]) for name in ("started_at", "ended_at")}
    return facts | {
        "state": RunState(facts["state"]),
        "fold_scores": tuple(facts["fold_scores"]),
        "fold_metrics": {name: tuple(values) for name, values in facts["fold_metrics"].items()},
        "steps": tuple(PipelineStep(**s) for s in facts["steps"]),
        "members": tuple(Member(**m) for m in facts["members"]),
        **moments,
    }
