"""What a worker tells the store while it works a run: plan, children, best so far, end; each under its lease."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, case, insert, select, update

from hfcore.backends.local.files import read_checked, remove_temporary, write_bytes
from hfcore.backends.local.launch import run_folder
from hfcore.backends.local.lease import Lease, guard
from hfcore.backends.local.moves import UNFINISHED, move
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children, runs
from hfcore.records import Guardrail
from hfcore.states import RunState

if TYPE_CHECKING:
    from hfcore.automl.outcome import ChildOutcome, TrialPlan

log = logging.getLogger(__name__)
COMPLETED = RunState.COMPLETED.value
# A child run's files, each under the name that its columns in the store begin with.
SUFFIXES = {"outcome": ".npz", "report": ".report.json", "model": ".onnx"}


class Journal:
    """The writing side of one attempt at one run. Every method raises LeaseLost once the lease is gone."""

    def __init__(self, store: Store, lease: Lease, attempt: int) -> None:
        self._store = store
        self._lease = lease
        self._attempt = attempt

    def child_id(self, number: int) -> str:
        """Return the id of the run's child run `number`."""
        return f"{self._lease.run_id}_{number}"

    def reopen(self) -> None:
        """Put back what an earlier attempt had begun and not finished."""
        begun = (children.c.run_id == self._lease.run_id) & children.c.state.in_(UNFINISHED)
        with self._store.write() as connection:
            guard(connection, self._lease, phase="Preparing")
            connection.execute(update(children).where(begun).values(state=RunState.QUEUED.value, started_at=None))

    def finished(self) -> list[ChildOutcome]:
        """Return what earlier attempts have finished, as it was then."""
        done = (children.c.run_id == self._lease.run_id) & children.c.state.not_in(UNFINISHED)
        with self._store.read() as connection:
            rows = connection.execute(select(children).where(done).order_by(children.c.number)).all()
        return [self._restore(row) for row in rows]

    def plan(self, plans: Sequence[TrialPlan]) -> None:
        """Note how many child runs the search intends to try; the run is RUNNING from here."""
        starting = runs.c.state == RunState.STARTING.value
        state = case((starting, RunState.RUNNING.value), else_=runs.c.state)
        with self._store.write() as connection:
            guard(connection, self._lease, planned=len(plans), state=state)
        log.info("%d child runs are planned.", len(plans))

    def guardrails(self, found: Sequence[Guardrail]) -> None:
        """Note what was checked in the table and what was done about it."""
        with self._store.write() as connection:
            guard(connection, self._lease, guardrails=[asdict(g) for g in found])
        for check in found:
            log.info("%s: %s.", check.name, check.state)

    def phase(self, phrase: str) -> None:
        """Note what the run is doing now."""
        with self._store.write() as connection:
            guard(connection, self._lease, phase=phrase)
        log.info("%s", phrase)

    def start(self, plan: TrialPlan) -> None:
        """Note that a child run has started."""
        values = {
            "algorithm": plan.algorithm,
            "parameters": storable(plan.parameters),
            "state": RunState.RUNNING.value,
            "attempt": self._attempt,
            "started_at": datetime.now(UTC),
        }
        with self._store.write() as connection:
            guard(connection, self._lease)
            self._put(connection, plan.number, values)

    def _put(self, connection: Connection, number: int, values: Mapping[str, Any]) -> None:
        """Write a child run's row; one that has finished is never changed again."""
        identity = children.c.id == self.child_id(number)
        if connection.execute(update(children).where(identity & children.c.state.in_(UNFINISHED)).values(values)).rowcount:
            return
        if connection.execute(select(children.c.id).where(identity)).one_or_none() is None:
            fresh = {"id": self.child_id(number), "run_id": self._lease.run_id, "number": number, "parameters": {}}
            connection.execute(insert(children).values({**fresh, **values}))

    def end(self, outcome: ChildOutcome, report: str | None) -> None:
        """Keep a finished child run: its files first, then its row together with the run's best so far."""
        values = self._row_of(outcome) | self._keep_files(outcome, report)
        with self._store.write() as connection:
            guard(connection, self._lease)
            self._put(connection, outcome.number, values)
            guard(connection, self._lease, **self._standing(connection))
        score = "no score" if outcome.score is None else f"{outcome.score:.4f}"
        log.info("Child run %d, %s: %s, %s, %.1f s.", outcome.number, outcome.algorithm, outcome.state, score, outcome.seconds)

    def _row_of(self, outcome: ChildOutcome) -> dict[str, Any]:
        return {
            "algorithm": outcome.algorithm,
            "state": RunState(outcome.state).value,
            "attempt": self._attempt,
            "score": storable(outcome.score),
            "fold_scores": storable(outcome.fold_scores),
            "metrics": storable(outcome.metrics),
            "seconds": outcome.seconds,
            "started_at": _moment(outcome.started_at),
            "ended_at": _moment(outcome.ended_at),
            "message": outcome.message,
            "parity": storable(outcome.parity),
            "export_note": outcome.export_note or "",
        }

    def _keep_files(self, outcome: ChildOutcome, report: str | None) -> dict[str, str]:
        """Write what a child run leaves; the attempt is part of each name, so that no two workers share a file."""
        from hfcore.automl.outcome import save_outcome

        buffer = BytesIO()
        save_outcome(outcome, buffer)
        contents = {"outcome": buffer.getvalue(), "report": report and report.encode(), "model": outcome.model}
        kept: dict[str, str] = {}
        for name, data in contents.items():
            if data:
                file = f"runs/{self._lease.run_id}/children/{outcome.number}.{self._attempt}{SUFFIXES[name]}"
                kept |= {f"{name}_file": file, f"{name}_sha256": write_bytes(self._store.home / file, data)}
        return kept

    def _restore(self, row: Any) -> ChildOutcome:
        from dataclasses import replace

        from hfcore.automl.outcome import load_outcome

        data = read_checked(self._store.home / row.outcome_file, row.outcome_sha256)
        outcome = load_outcome(BytesIO(data))
        if row.model_file is None:
            return outcome
        return replace(outcome, model=read_checked(self._store.home / row.model_file, row.model_sha256))

    def _standing(self, connection: Connection) -> dict[str, Any]:
        """Return how many child runs have ended and which one leads: best score, the lower number among equals."""
        mine = children.c.run_id == self._lease.run_id
        done = connection.execute(select(children.c.id).where(mine & children.c.state.not_in(UNFINISHED))).all()
        able = mine & (children.c.state == COMPLETED) & children.c.score.is_not(None) & children.c.model_file.is_not(None)
        lead = connection.execute(
            select(children).where(able).order_by(children.c.score.desc(), children.c.number).limit(1)
        ).one_or_none()
        if lead is None:
            return {"finished": len(done)}
        best = {"best_child_id": lead.id, "best_algorithm": lead.algorithm, "best_score": lead.score}
        return {"finished": len(done), **best}

    def has_scored(self) -> bool:
        """Tell whether any child run has ended with a score."""
        scored = (children.c.run_id == self._lease.run_id) & children.c.score.is_not(None)
        with self._store.read() as connection:
            return connection.execute(select(children.c.id).where(scored).limit(1)).first() is not None

    def complete(self, winner: ChildOutcome, report: str, phase: str) -> None:
        """End the run well: the winner's report is replaced by the one with the honest estimate."""
        file = f"runs/{self._lease.run_id}/children/{winner.number}.{self._attempt}.winner{SUFFIXES['report']}"
        kept = {"report_file": file, "report_sha256": write_bytes(self._store.home / file, report.encode())}
        best = {"best_child_id": self.child_id(winner.number), "best_algorithm": winner.algorithm, "best_score": winner.score}
        with self._store.write() as connection:
            guard(connection, self._lease)
            connection.execute(update(children).where(children.c.id == best["best_child_id"]).values(kept))
            move(connection, self._lease.run_id, RunState.COMPLETED, self._lease, phase=phase, message=None, **best)
        log.info("%s: the best is child run %d, %s.", phase, winner.number, winner.algorithm)

    def give_up(self, state: RunState, message: str) -> None:
        """End the run badly, with a plain sentence."""
        with self._store.write() as connection:
            guard(connection, self._lease)
            move(connection, self._lease.run_id, state, self._lease, message=message, phase="Stopped")

    def tidy(self) -> None:
        """Remove what interrupted attempts left and no row names; only with the lease, or once the run has ended."""
        folder = run_folder(self._store.home, self._lease.run_id)
        remove_temporary(folder)
        named = self._named_files()
        for path in (folder / "children").glob("*"):
            if str(path.relative_to(self._store.home)) not in named:
                path.unlink(missing_ok=True)

    def _named_files(self) -> set[str]:
        columns = [children.c[f"{name}_file"] for name in SUFFIXES]
        with self._store.read() as connection:
            rows = connection.execute(select(*columns).where(children.c.run_id == self._lease.run_id)).all()
        return {file for row in rows for file in row if file}


def storable(value: Any) -> Any:
    """Return a value as JSON can hold it: numpy's numbers as Python's, what is not finite as None."""
    if isinstance(value, Mapping):
        return {str(k): storable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _moment(value: datetime | float | None) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if isinstance(value, (int, float)) else value
