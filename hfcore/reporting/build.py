"""Builds the report of one child run from its out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hfcore.errors import ReportNotAvailable
from hfcore.reporting.calibration import brier_score, calibration_bins
from hfcore.reporting.curves import precision_recall, roc, threshold_counts
from hfcore.reporting.evidence import evidence
from hfcore.reporting.honest import AUC, BRIER, LOG_LOSS, judge
from hfcore.reporting.interval import bootstrap_intervals
from hfcore.reporting.libraries import versions
from hfcore.reporting.report import NOTHING_KNOWN, Member, ModelReport, PipelineStep
from hfcore.reporting.resampled import RESAMPLED_METRICS, Predictions
from hfcore.reporting.subgroups import Group, subgroups

FOLLOW_UP_TIME = "time"
_SAME_FOR_ALL = "everyone is given the share of the event in the table; that ranks nobody, so its AUC is 0.5"


class Outcome(Protocol):
    """What a finished child run hands over."""

    @property
    def algorithm(self) -> str:
        """Azure's spelling of the pipeline."""

    @property
    def probabilities(self) -> npt.NDArray[np.float64] | None:
        """Out-of-fold probabilities, rows by classes, in row order; NaN for rows that were never held out."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """Azure's metrics, the mean over the folds."""

    @property
    def fold_metrics(self) -> Mapping[str, Sequence[float]]:
        """Azure's metrics per fold."""

    @property
    def steps(self) -> tuple[PipelineStep, ...]:
        """The pipeline's steps."""

    @property
    def members(self) -> tuple[Member, ...]:
        """The voters of an ensemble."""

    @property
    def parity(self) -> float | None:
        """Largest difference between the exported model and the fitted pipeline."""

    @property
    def export_note(self) -> str:
        """Why there is no exported model."""


class SimplerModel(Protocol):
    """A simple model on the same folds, for the winner to be compared with."""

    @property
    def name(self) -> str:
        """What it is called in a sentence."""

    @property
    def probabilities(self) -> npt.NDArray[np.float64] | None:
        """Out-of-fold probabilities as those of a child run; None when it could not be fitted."""

    @property
    def note(self) -> str:
        """What it is, or why it could not be fitted."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """Azure's metrics, the mean over the folds; empty where they cannot be compared with a child run's."""


class ReportSettings(Protocol):
    """The part of the AutoML settings that a report tells."""

    @property
    def label_column_name(self) -> str:
        """The column that was predicted."""

    @property
    def primary_metric(self) -> str:
        """The metric that picked the winner."""

    @property
    def excluded_columns(self) -> tuple[str, ...]:
        """Columns left out of the features."""

    @property
    def n_cross_validations(self) -> int | None:
        """Folds, or with `validation_size` random splits."""

    @property
    def validation_size(self) -> float | None:
        """The share of the rows that a random split holds out."""

    @property
    def weight_column_name(self) -> str | None:
        """The column of row weights, if any."""

    @property
    def random_state(self) -> int:
        """Seed of the run."""


def build_report(
    *,
    run_id: str,
    child_id: str,
    outcome: Outcome,
    y: Any,
    labels: Sequence[Any],
    positive_label: Any,
    folds: Any,
    features: Sequence[str],
    settings: ReportSettings,
    others: Sequence[Any] = (),
    head_starts: Sequence[float] | None = None,
    references: Sequence[SimplerModel] = (),
    groups: Sequence[Group] = (),
) -> ModelReport:
    """Return everything the Model page shows about one child run.

    Args:
        run_id: The run.
        child_id: The child run.
        outcome: The finished child run, with out-of-fold probabilities.
        y: The true label of every row.
        labels: The classes in the order of the probability columns.
        positive_label: The class that the curves are about.
        folds: The fold in which each row was held out; negative for rows that never were.
        features: The columns that were used.
        settings: The run's settings.
        others: Out-of-fold probabilities of every candidate, the winner's own among them; given for the winner only.
        head_starts: By how much each of `others` was favoured in the picking, in the primary metric; None for not at all.
        references: Simple models on the same folds, for the winner to be compared with.
        groups: Groups of patients to judge the child run in, one by one.

    Raises:
        ReportNotAvailable: the child run has no out-of-fold probabilities.
    """
    rows = _held_out_rows(outcome, folds)
    predictions = _predictions(outcome.probabilities, y, labels, positive_label, rows)
    return ModelReport(
        run_id=run_id,
        child_id=child_id,
        labels=tuple(str(label) for label in labels),
        positive_label=str(positive_label),
        validation=_validation(np.asarray(folds)[rows], len(rows), settings),
        libraries=versions(),
        **_honest(others, head_starts, references, predictions, rows, outcome, settings),
        **_told(outcome),
        **_columns(features, settings),
        **_measured(predictions, settings.random_state),
        subgroups=subgroups(groups, rows, predictions.event, predictions.risk),
    )


def _told(outcome: Outcome) -> dict[str, Any]:
    """Return what the child run itself knows."""
    return {
        "algorithm": outcome.algorithm,
        "steps": tuple(outcome.steps),
        "members": tuple(outcome.members),
        "metrics": dict(outcome.metrics),
        "fold_metrics": {name: tuple(values) for name, values in outcome.fold_metrics.items()},
        "parity": outcome.parity,
        "export_note": outcome.export_note,
    }


def _columns(features: Sequence[str], settings: ReportSettings) -> dict[str, Any]:
    """Return what was predicted, and from what."""
    return {
        "label_column": settings.label_column_name,
        "features": tuple(features),
        "excluded_columns": tuple(settings.excluded_columns),
        "uses_follow_up_time": FOLLOW_UP_TIME in features,
    }


def _measured(predictions: Predictions, seed: int) -> dict[str, Any]:
    """Return the figures and curves of the out-of-fold predictions."""
    truth, risk = predictions.event, predictions.risk
    return {
        "rows": len(truth),
        "events": int(truth.sum()),
        "roc": roc(truth, risk),
        "precision_recall": precision_recall(truth, risk),
        "calibration": calibration_bins(truth, risk),
        "thresholds": threshold_counts(truth, risk),
        "brier": brier_score(truth, risk),
        "intervals": bootstrap_intervals(predictions, seed=seed),
        **evidence(truth, risk, seed),
    }


def _held_out_rows(outcome: Outcome, folds: Any) -> npt.NDArray[np.bool_]:
    """Tell which rows were predicted by a model that had not seen them."""
    if outcome.probabilities is None:
        raise ReportNotAvailable(
            f"The child run {outcome.algorithm!r} has no predictions to report on.", "Choose a child run that has completed."
        )
    rows = (np.asarray(folds) >= 0) & np.isfinite(outcome.probabilities).all(axis=1)
    if not rows.any():
        raise ReportNotAvailable(f"No row was held out for {outcome.algorithm!r}.", "Train again with cross-validation.")
    return np.asarray(rows, dtype=bool)


def _predictions(proba: Any, y: Any, labels: Sequence[Any], positive_label: Any, rows: npt.NDArray[np.bool_]) -> Predictions:
    position = {label: i for i, label in enumerate(np.asarray(labels).tolist())}
    codes = np.array([position[value] for value in np.asarray(y)[rows].tolist()], dtype=np.intp)
    return Predictions(codes, np.asarray(proba, dtype=np.float64)[rows], position[positive_label])


def _validation(folds: npt.NDArray[np.int_], all_rows: int, settings: ReportSettings) -> str:
    """Say how it was validated; with row weights, that the curves and intervals do not know them."""
    count, weighted_by = len(np.unique(folds)), settings.weight_column_name
    how = f"{count}-fold stratified cross-validation on {len(folds)} patients"
    if settings.validation_size is not None and settings.n_cross_validations is not None:
        share = f"{settings.validation_size:.0%}".replace("%", " %")
        how = (
            f"{settings.n_cross_validations} random splits that hold out {share} each, {len(folds)} of {all_rows} patients in all"
        )
    elif count == 1:
        how = f"a held-out set of {len(folds)} out of {all_rows} patients"
    if weighted_by is None:
        return how
    return f"{how}, weighted by {weighted_by!r} in the table of metrics; curves and intervals count every patient once"


def _honest(
    others: Sequence[Any],
    head_starts: Sequence[float] | None,
    references: Sequence[SimplerModel],
    own: Predictions,
    rows: npt.NDArray[np.bool_],
    outcome: Outcome,
    settings: ReportSettings,
) -> dict[str, Any]:
    """Return the winner's bias-corrected figures and its comparison with simpler models; nothing for any other child."""
    found = [(_on_rows(o, own, rows), ahead) for o, ahead in zip(others, head_starts or [0.0] * len(others), strict=True)]
    candidates = [c for c, _ in found if c is not None]
    if not candidates:
        return {}
    ahead = [start for c, start in found if c is not None]
    simple = {r.name: _on_rows(r.probabilities, own, rows) for r in references}
    known = {name: p for name, p in simple.items() if p is not None} | ({NOTHING_KNOWN: _same_for_all(own)} if simple else {})
    notes = {r.name: r.note for r in references} | {NOTHING_KNOWN: _SAME_FOR_ALL}
    measured = {r.name: r.metrics for r in references} | {NOTHING_KNOWN: _knowing_nothing(own)}
    picked_by = settings.primary_metric if settings.primary_metric in RESAMPLED_METRICS else AUC
    judged = judge(candidates, known, picked_by, seed=settings.random_state, head_starts=ahead)
    return {
        "honest": judged.figures[AUC],
        "honest_brier": judged.figures[BRIER],
        "honest_log_loss": judged.figures[LOG_LOSS],
        "honest_note": _honest_note(len(candidates), bool(outcome.members), max(ahead)),
        "references": tuple(replace(r, note=notes[r.name], metrics=measured[r.name]) for r in judged.references),
        "references_note": " ".join(notes[name] for name, p in simple.items() if p is None),
    }


def _on_rows(probabilities: Any, own: Predictions, rows: npt.NDArray[np.bool_]) -> Predictions | None:
    """Return probabilities as predictions of the winner's rows; None when one is missing."""
    if probabilities is None:
        return None
    chosen = np.asarray(probabilities, dtype=np.float64)[rows]
    return Predictions(own.codes, chosen, own.positive) if np.isfinite(chosen).all() else None


def _same_for_all(own: Predictions) -> Predictions:
    shares = np.bincount(own.codes, minlength=own.classes) / len(own.codes)
    return Predictions(own.codes, np.tile(shares, (len(own.codes), 1)), own.positive)


def _knowing_nothing(own: Predictions) -> dict[str, float]:
    """Return some of Azure's metrics where everyone has the same risk, so that the commonest outcome is called."""
    shares = np.bincount(own.codes, minlength=own.classes) / len(own.codes)
    entropy = -sum(float(s * np.log(s)) for s in shares if s > 0)
    by_chance = {"AUC_macro": 0.5, "AUC_weighted": 0.5, "matthews_correlation": 0.0, "norm_macro_recall": 0.0}
    return by_chance | {"accuracy": float(shares.max()), "balanced_accuracy": 1.0 / own.classes, "log_loss": entropy}


def _honest_note(candidates: int, ensemble: bool, head_start: float) -> str:
    if candidates == 1:
        return "only one candidate was tried, so there was nothing to pick"
    note = f"corrected for having picked the best of {candidates}"
    if head_start > 0:
        note += f", where another one would have had to lead the VotingEnsemble by {head_start:.3f} to be picked"
    return f"{note}; the choice of the ensemble's members is not part of the correction" if ensemble else note
