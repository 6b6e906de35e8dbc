"""The report of a child run, out of what Azure keeps of it; what Azure does not keep is said, not made up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hfcore.automl.metrics import METRICS
from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.azureml import artifacts, run_facts, tables
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.data import Datasets
from hfcore.backends.azureml.runs import Runs
from hfcore.datasets.dataset import Dataset
from hfcore.errors import DatasetNotFound, ReportNotAvailable
from hfcore.records import ChildRun, Run
from hfcore.reporting.evidence import evidence
from hfcore.reporting.report import Member, ModelReport, PipelineStep

FOLLOW_UP_TIME = "time"
NO_TABLE = "Azure kept no accuracy table of this model, so there are no curves and no counts, only its metrics."
NOT_CORRECTED = (
    "Azure keeps no prediction per patient, so these metrics have no intervals, and the luck of being picked cannot be taken out"
)
KEPT = "Azure keeps it as a pickle with its environment; it runs in Azure's container only and is never opened here."


class Reports:
    """The reports of one workspace; that of a finished child run never changes and is read once."""

    def __init__(self, connection: Connection, runs: Runs, data: Datasets) -> None:
        self._connection, self._runs, self._data = connection, runs, data
        self._kept: dict[str, ModelReport] = {}

    def get(self, run_id: str, child_id: str | None) -> ModelReport:
        """Return the report of a child run. Raises RunNotFound, ReportNotAvailable."""
        run = self._runs.get(run_id)
        if child_id is None and run.best_child_id is None:
            raise ReportNotAvailable(f"Run {run_id} has no finished child run yet.", "Wait until the first one has finished.")
        child = self._runs.chosen_child(run_id, child_id)
        if child.score is None:
            reason = child.message or f"it is {child.state}."
            raise ReportNotAvailable(
                f"Child run {child.number} of {run_id} has no report: {reason}", "Choose one that COMPLETED."
            )
        if child.id not in self._kept:
            children = self._runs.children(run_id)
            read = self._connection.ask(("reports", child.id), "reading the report", lambda: self._read(run, child, children))
            self._kept[child.id] = read
        return self._kept[child.id]

    def _read(self, run: Run, child: ChildRun, children: Sequence[ChildRun]) -> ModelReport:
        sdk_run = self._runs.sdk_run(run.id, child.id)
        entry = run_facts.facts(sdk_run)
        measured = {name: run_facts.number(value) for name, value in sdk_run.get_metrics().items() if name in METRICS}
        metrics = {name: value for name, value in measured.items() if value is not None} or dict(child.metrics)
        table = artifacts.table(sdk_run, "accuracy_table")
        matrix = artifacts.table(sdk_run, "confusion_matrix")
        settings = AutoMLSettings.from_dict(run.settings)
        return ModelReport(
            run_id=run.id,
            child_id=child.id,
            algorithm=child.algorithm,
            steps=_steps(entry.get("properties") or {}, child.algorithm),
            members=_members(entry, children),
            metrics=metrics,
            fold_metrics={},
            artifact=KEPT,
            honest_note=NOT_CORRECTED,
            **self._columns(run, settings),
            **_figures(table or {}, matrix or {}, settings, self._outcomes(run, settings)),
        )

    def _columns(self, run: Run, settings: AutoMLSettings) -> dict[str, Any]:
        dataset = self._dataset(run)
        out = {*settings.excluded_columns, settings.label_column_name, settings.weight_column_name}
        features = tuple(n for n in dataset.schema.names if n not in out) if dataset else ()
        return {
            "label_column": settings.label_column_name,
            "features": features,
            "excluded_columns": tuple(settings.excluded_columns),
            "uses_follow_up_time": FOLLOW_UP_TIME in features,
        }

    def _dataset(self, run: Run) -> Dataset | None:
        """Return the run's data set; None when Azure does not have it any more, or never said which it was."""
        try:
            return self._data.look(run.dataset, run.dataset_version)
        except DatasetNotFound:
            return None

    def _outcomes(self, run: Run, settings: AutoMLSettings) -> tuple[int, int]:
        """Count patients, and those with the outcome, where no table of Azure's says it."""
        dataset = self._dataset(run)
        if dataset is None or settings.label_column_name not in dataset.schema:
            return 0, 0
        values = self._data.frame(dataset)[settings.label_column_name]
        last = sorted(values.unique().tolist())[-1]
        return len(values), int((values == last).sum())


def _figures(
    table: Mapping[str, Any], matrix: Mapping[str, Any], settings: AutoMLSettings, known: tuple[int, int]
) -> dict[str, Any]:
    """Return curves, counts and totals out of AutoML's tables."""
    classes = tables.labels(table) or tables.labels(matrix) or ("0", "1")
    position = len(classes) - 1
    cuts = tables.thresholds(table, position)
    rows, events = _totals(matrix, position) or _first(cuts) or known
    return {
        "labels": classes,
        "positive_label": classes[position],
        "rows": rows,
        "events": events,
        "validation": _validation(settings, rows, bool(cuts)),
        "roc": tables.roc(cuts),
        "precision_recall": tables.precision_recall(cuts),
        "calibration": tables.calibration(cuts),
        "thresholds": cuts,
        "brier": tables.brier(cuts),
        "gaps": () if cuts else (NO_TABLE,),
        **(evidence(*tables.patients(cuts)) if tables.slices(cuts) else {}),
    }


def _totals(matrix: Mapping[str, Any], position: int) -> tuple[int, int] | None:
    """Return how many patients a confusion matrix is about and how many of them have the outcome."""
    try:
        rows = [[float(n) for n in row] for row in matrix["matrix"]]
        return round(sum(map(sum, rows))), round(sum(rows[position]))
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _first(cuts: Sequence[Any]) -> tuple[int, int] | None:
    if not cuts:
        return None
    first = cuts[0]
    events = first.true_positive + first.false_negative
    return events + first.false_positive + first.true_negative, events


def _validation(settings: AutoMLSettings, rows: int, with_table: bool) -> str:
    if settings.validation_size:
        how = f"a held-out set of {rows} patients"
    else:
        folds = f"{settings.n_cross_validations}-fold " if settings.n_cross_validations else ""
        how = f"Azure's {folds}cross-validation on {rows} patients"
    return f"{how}, with risks known to the hundredth" if with_table else how


def _steps(properties: Mapping[str, str], algorithm: str) -> tuple[PipelineStep, ...]:
    """Return the pipeline as Azure notes it, else its two names."""
    try:
        objects = json.loads(properties["pipeline_spec"])["objects"]
        return tuple(PipelineStep(str(o["class_name"]), dict(o.get("param_kwargs") or {})) for o in objects)
    except (KeyError, ValueError, TypeError):
        return tuple(PipelineStep(name) for name in algorithm.split(", "))


def _members(entry: Mapping[str, Any], children: Sequence[ChildRun]) -> tuple[Member, ...]:
    """Return the voters of an ensemble, which Azure notes as lists in text."""
    told = {**(entry.get("properties") or {}), **(entry.get("tags") or {})}
    try:
        numbers = json.loads(str(told["ensembled_iterations"]))
        weights = json.loads(str(told.get("ensemble_weights") or [1 / len(numbers)] * len(numbers)))
        names = {c.number: c.algorithm for c in children}
        return tuple(Member(int(n), names.get(int(n), "?"), float(w)) for n, w in zip(numbers, weights, strict=True))
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        return ()
