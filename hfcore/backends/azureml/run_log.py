"""The log of a run: what Azure's history tells of it, then the newest log file that its nodes have written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from hfcore.backends.azureml import artifacts
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.runs import Runs
from hfcore.records import ChildRun, Run

LOG_FOLDERS = ("user_logs/", "azureml-logs/", "logs/")
MOST_BYTES = 200_000


class RunLogs:
    """The logs of one workspace's runs."""

    def __init__(self, connection: Connection, runs: Runs) -> None:
        self._connection, self._runs = connection, runs

    def read(self, run_id: str, tail: int) -> str:
        """Return the last lines of a run's log. Raises RunNotFound."""
        run, children = self._runs.get(run_id), self._runs.children(run_id)
        written = self._connection.ask(("logs", "run", run_id), "reading the log", lambda: self._written(run_id))
        lines = [*_told(run, children), *written.splitlines()]
        return "".join(f"{line}\n" for line in lines[-tail:]) if tail > 0 else ""

    def _written(self, run_id: str) -> str:
        run: Any = self._runs.sdk_run(run_id)
        found = [name for name in artifacts.names(run) if name.startswith(LOG_FOLDERS)]
        if not found:
            return ""
        path = artifacts.file(run, found[-1])
        return "" if path is None else path.read_bytes()[-MOST_BYTES:].decode(errors="replace")


def _told(run: Run, children: Sequence[ChildRun]) -> Iterator[str]:
    """Yield what the history says, a line for each thing that has happened."""
    yield f"{_at(run.created_at)} Run {run.id} was sent to Azure, experiment {run.experiment}."
    if run.started_at:
        yield f"{_at(run.started_at)} It started."
    for child in children:
        score = "" if child.score is None else f", {run.primary_metric} {child.score:.4f}"
        note = f": {child.message}" if child.message else ""
        yield f"{_at(child.ended_at or child.started_at)} Child run {child.number}, {child.algorithm}: {child.state}{score}{note}"
    if run.ended_at:
        yield f"{_at(run.ended_at)} It ended: {run.state}.{' ' + run.message if run.message else ''}"


def _at(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else "-" * 20
