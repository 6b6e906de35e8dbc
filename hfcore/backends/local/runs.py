"""The runs of a home folder: submit, look, cancel, read what they left."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Row, insert, select

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.local import mirror
from hfcore.backends.local.admission import check_submission
from hfcore.backends.local.compute import ComputeTargets
from hfcore.backends.local.data import Datasets
from hfcore.backends.local.files import read_checked, remove_temporary
from hfcore.backends.local.launch import launch, log_file, remove_scratch, run_folder
from hfcore.backends.local.lease import Lease, worker_of
from hfcore.backends.local.moves import move
from hfcore.backends.local.processes import end
from hfcore.backends.local.store import BUSY_S, Store
from hfcore.backends.local.tables import children, runs
from hfcore.errors import BackendUnavailable, IllegalMove, ReportNotAvailable, RunNotFound
from hfcore.records import ChildRun, Guardrail, Run
from hfcore.reporting.paired import HeldOut
from hfcore.states import RunState

PATIENCE_S = 2.0  # for a writer that may be the very worker that is to be ended

if TYPE_CHECKING:
    from hfcore.reporting.report import ModelReport


class Runs:
    """The runs of one home folder; their state is in the store and nowhere else."""

    def __init__(self, store: Store, datasets: Datasets, targets: ComputeTargets) -> None:
        self._store = store
        self._datasets = datasets
        self._targets = targets

    def submit(self, experiment: str, settings: AutoMLSettings, dataset: str) -> Run:
        """Keep a run as QUEUED, start its worker and return. Raises InvalidSettings, DatasetNotFound."""
        table = self._datasets.get(dataset)
        processes = check_submission(experiment, settings, table, self._targets)
        lease = Lease.fresh(f"AutoML_{uuid.uuid4()}")
        row = {
            "id": lease.run_id,
            "experiment": experiment,
            "state": RunState.QUEUED.value,
            "settings": settings.to_dict(),
            "dataset": table.name,
            "dataset_version": table.version,
            "dataset_sha256": table.sha256,
            "processes": processes,
            "created_at": datetime.now(UTC),
            "phase": "Waiting for its worker",
            "lease_token": lease.token,
            "lease_beat": time.time(),
        }
        with self._store.write() as connection:
            connection.execute(insert(runs).values(row))
        launch(self._store, lease, processes, settings.compute_target)
        mirror.start(self._store, lease.run_id)
        return self.get(lease.run_id)

    def get(self, run_id: str) -> Run:
        """Return one run. Raises RunNotFound."""
        return run_record(self._row(run_id))

    def _row(self, run_id: str) -> Row[Any]:
        with self._store.read() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
            if row is None:
                raise RunNotFound(run_id, connection.execute(select(runs.c.id).order_by(runs.c.created_at.desc())).scalars())
        return row

    def list(self, experiment: str | None, limit: int | None = None) -> Sequence[Run]:
        """Return the runs, newest first."""
        query = select(runs).order_by(runs.c.created_at.desc(), runs.c.id).limit(limit)
        if experiment is not None:
            query = query.where(runs.c.experiment == experiment)
        with self._store.read() as connection:
            return [run_record(row) for row in connection.execute(query)]

    def children(self, run_id: str) -> Sequence[ChildRun]:
        """Return the child runs that were started, by number. Raises RunNotFound."""
        query = select(children).where(children.c.run_id == run_id).order_by(children.c.number)
        with self._store.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            self._row(run_id)
        return [_child(row) for row in rows]

    def cancel(self, run_id: str) -> Run:
        """Stop a run and end its processes; one that has ended stays as it is. Raises RunNotFound."""
        try:
            self._mark_cancelled(run_id, PATIENCE_S)
        except BackendUnavailable:  # perhaps the worker was paused in the middle of a write: end it first
            self._end_worker(run_id)
            self._mark_cancelled(run_id, BUSY_S)
        row = self._row(run_id)
        if row.state == RunState.CANCELED.value:
            self._end_worker(run_id)
        return run_record(row)

    def _mark_cancelled(self, run_id: str, patience_s: float) -> None:
        with contextlib.suppress(IllegalMove), self._store.write(patience_s) as connection:  # ended already: it stays so
            move(connection, run_id, RunState.CANCELED, phase="Cancelled", message=None)

    def _end_worker(self, run_id: str) -> None:
        worker = worker_of(self._row(run_id))
        if worker is not None and end(worker, grace_s=1.0):
            remove_temporary(run_folder(self._store.home, run_id))
            remove_scratch(run_id)

    def logs(self, run_id: str, tail: int) -> str:
        """Return the last lines of a run's log, "" before its worker has written any. Raises RunNotFound."""
        self._row(run_id)
        path = log_file(self._store.home, run_id)
        if not path.exists():
            return ""
        with path.open(encoding="utf-8", errors="replace") as lines:
            return "".join(deque(lines, maxlen=max(tail, 0)))

    def report(self, run_id: str, child: str | None) -> ModelReport:
        """Return a child run's report, the best one's by default. Raises RunNotFound, ReportNotAvailable."""
        from hfcore.reporting.serial import report_from_json

        row = self._child_row(run_id, child or self._row(run_id).best_child_id)
        if row.report_file is None:
            reason = row.message or f"it is {row.state}."
            raise ReportNotAvailable(f"Child run {row.number} of {run_id} has no report: {reason}", "Choose one that COMPLETED.")
        data = read_checked(self._store.home / row.report_file, row.report_sha256)
        return report_from_json(data.decode())

    def held_out(self, run_id: str, child: str | None) -> HeldOut:
        """Return a child run's out-of-fold risks with who had the event. Raises RunNotFound, ReportNotAvailable."""
        from hfcore.automl.outcome import load_outcome

        run = self._row(run_id)
        row = self._child_row(run_id, child or run.best_child_id)
        data = b"" if row.outcome_file is None else read_checked(self._store.home / row.outcome_file, row.outcome_sha256)
        found = load_outcome(BytesIO(data)).probabilities if data else None
        if found is None:
            raise ReportNotAvailable(f"Child run {row.number} of {run_id} has no predictions.", "Choose one that COMPLETED.")
        column = self._datasets.get(run.dataset, run.dataset_version).to_pandas()[run.settings["label_column_name"]]
        values = np.asarray(column.tolist())
        return HeldOut(np.asarray(values == np.unique(values)[-1]), found[:, -1])

    def _child_row(self, run_id: str, child_id: str | None) -> Row[Any]:
        if child_id is None:
            raise ReportNotAvailable(f"Run {run_id} has no finished child run yet.", "Wait until the first one has finished.")
        query = select(children).where((children.c.run_id == run_id) & (children.c.id == child_id))
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise RunNotFound(child_id, [c.id for c in self.children(run_id)])
        return row


def run_record(row: Row[Any]) -> Run:
    """Return a row of the table of runs as a record."""
    return Run(
        id=row.id,
        experiment=row.experiment,
        state=RunState(row.state),
        settings=row.settings,
        dataset=row.dataset,
        dataset_version=row.dataset_version,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        phase=row.phase,
        message=row.message,
        planned=row.planned,
        finished=row.finished,
        best_child_id=row.best_child_id,
        best_algorithm=row.best_algorithm,
        best_score=row.best_score,
        attempts=row.attempts,
        guardrails=tuple(Guardrail(**g) for g in row.guardrails),
    )


def _child(row: Row[Any]) -> ChildRun:
    return ChildRun(
        id=row.id,
        run_id=row.run_id,
        number=row.number,
        algorithm=row.algorithm,
        state=RunState(row.state),
        score=row.score,
        fold_scores=tuple(row.fold_scores),
        metrics=row.metrics,
        seconds=row.seconds,
        started_at=row.started_at,
        ended_at=row.ended_at,
        message=row.message,
    )
