"""One attempt at a run: read the table, search, keep each child run with its report, name the winner."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from hfcore import automl
from hfcore.automl.engine import task_of
from hfcore.automl.executors import TrialExecutor
from hfcore.automl.learning import grow
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.references import Reference, fit_references
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import training_table
from hfcore.automl.validation import as_begun
from hfcore.automl.winner import FAVOURITE
from hfcore.backends.local.compute import cores
from hfcore.backends.local.data import Datasets
from hfcore.backends.local.explanation import Explainer
from hfcore.backends.local.journal import Journal
from hfcore.backends.local.lease import Lease
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import runs
from hfcore.errors import ArtifactDamaged, TrainingFailed
from hfcore.reporting.build import build_report
from hfcore.reporting.growth import learning_points
from hfcore.reporting.report import ModelReport
from hfcore.reporting.serial import report_to_json
from hfcore.reporting.subgroups import groups_of
from hfcore.states import RunState

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.outcome import ChildOutcome
    from hfcore.automl.result import AutoMLResult

log = logging.getLogger(__name__)


class Attempt:
    """Works one run with the engine; everything it learns goes through the journal."""

    def __init__(self, store: Store, journal: Journal, lease: Lease, executor: TrialExecutor) -> None:
        self._store = store
        self._journal = journal
        self._lease = lease
        self._executor = executor
        with store.read() as connection:
            self._row = connection.execute(select(runs).where(runs.c.id == lease.run_id)).one()
        self._settings = AutoMLSettings.from_dict(self._row.settings)

    def run(self, worked_seconds: float) -> None:
        """Search until the plan, the time budget or the early stop ends it."""
        budget = self._settings.experiment_timeout_minutes * 60
        deadline = time.time() + budget - worked_seconds
        wanted = self._settings.max_concurrent_iterations
        log.info("%d child runs at a time (asked for: %d) on %d processors.", self._row.processes, wanted, cores())
        frame = self._read_table()
        self._finished = self._journal.finished()
        self._settings = as_begun(self._settings, self._finished)
        self._prepare_reports(frame)
        try:
            result = self._search(frame, deadline)
        except TrainingFailed as failed:
            self._end_without_winner(failed, deadline)
            return
        phase = "Stopped at its time limit with what had finished" if time.time() >= deadline else "Finished"
        self._journal.complete(result.best, self._judge(result), phase)

    def _judge(self, result: AutoMLResult) -> str:
        """Return the winner's report, with its bias-corrected figures and its comparison with simpler models.

        Nothing of it is kept before the end: an attempt that takes over here fits the simpler models again, to the same figures.
        """
        self._journal.phase("Fitting simpler models to compare the best one with")
        references = fit_references(self._table, self._folds, self._settings.random_state, self._executor, self._tell_fits)
        self._journal.phase("Fitting the best pipeline on fewer patients, for the learning curve")
        plans = plan_trials(self._settings, len(self._table.codes))
        growth = grow(task_of(self._table, self._settings), plans, result.best, result.children, self._executor)
        self._journal.phase("Judging the best model")
        candidates = [c for c in result.children if c.model is not None]
        report = self._report(result.best, candidates, references, result.head_start)
        points = learning_points(growth.steps, self._table.codes, self._settings.random_state)
        return report_to_json(replace(report, learning_curve=points, learning_note=growth.note))

    def _tell_fits(self, done: int, of: int) -> None:
        """Note how far the simpler models are, at every fourth fit, so that the log stays short."""
        if done % 4 == 0:
            self._journal.phase(f"Fitting simpler models to compare the best one with, {done} of {of} fits done")

    def _search(self, frame: pd.DataFrame, deadline: float) -> AutoMLResult:
        return automl.fit(
            frame,
            self._settings,
            self._keep,
            on_plan=self._journal.plan,
            on_start=self._journal.start,
            on_phase=self._journal.phase,
            finished=self._finished,
            executor=self._executor,
            deadline=deadline,
            explain=True,
        )

    def _end_without_winner(self, failed: TrainingFailed, deadline: float) -> None:
        """Tell a run that had too little time from one whose pipelines all failed."""
        if time.time() >= deadline and not self._journal.has_scored():
            sentence = "No child run had finished when the time limit was reached; allow more time."
            self._journal.give_up(RunState.TIMED_OUT, sentence)
        else:
            self._journal.give_up(RunState.FAILED, str(failed))

    def _read_table(self) -> pd.DataFrame:
        dataset = self._dataset = Datasets(self._store).get(self._row.dataset, self._row.dataset_version)
        if dataset.sha256 != self._row.dataset_sha256:
            raise ArtifactDamaged(f"The data set {dataset.name!r} is not the one the run was started with.", "Start a new run.")
        return dataset.to_pandas()

    def _prepare_reports(self, frame: pd.DataFrame) -> None:
        table = training_table(frame, self._settings)
        self._table = table
        self._journal.guardrails(table.guardrails)
        self._truth = [table.labels[code] for code in table.codes]
        self._folds = table.folds(self._settings)
        self._groups = groups_of(frame, self._dataset.schema)
        self._explainer = Explainer(frame, table, self._settings)

    def _keep(self, outcome: ChildOutcome) -> None:
        report = report_to_json(self._report(outcome)) if outcome.state is RunState.COMPLETED else None
        self._journal.end(outcome, report)

    def _report(
        self,
        outcome: ChildOutcome,
        candidates: Sequence[ChildOutcome] = (),
        references: Sequence[Reference] = (),
        head_start: float = 0.0,
    ) -> ModelReport:
        report = build_report(
            run_id=self._lease.run_id,
            child_id=self._journal.child_id(outcome.number),
            outcome=outcome,
            y=self._truth,
            labels=self._table.labels,
            positive_label=self._table.labels[-1],
            folds=self._folds,
            features=self._table.features,
            settings=self._settings,
            others=[c.probabilities for c in candidates],
            head_starts=[head_start if c.algorithm == FAVOURITE else 0.0 for c in candidates],
            references=references,
            groups=self._groups,
        )
        return replace(report, **self._explainer.explain(outcome, bool(candidates)))
