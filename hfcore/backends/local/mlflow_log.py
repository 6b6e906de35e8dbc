"""Writing a run to an MLflow tracking server: one run, a nested one for each child run, and what the winner has left.

Everything carries the ids of this program as tags and is looked for before it is made, so that whoever comes after an
interrupted mirror writes nothing twice.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunStatus, RunTag
from sqlalchemy import Row

from hfcore.backends.local.followed_run import FollowedRun
from hfcore.states import RunState

RUN, CHILD, PARENT = "hf.run_id", "hf.child_id", "mlflow.parentRunId"
LONGEST = 500  # characters of a parameter; MLflow takes 6,000
_NO_KEY = re.compile(r"[^\w\-./: ]")
_STATUS = {RunState.COMPLETED: "FINISHED", RunState.CANCELED: "KILLED"}


class MlflowLog:
    """What has been written of one run so far."""

    def __init__(self) -> None:
        self._client = MlflowClient()
        self._experiment = ""
        self._parent = ""
        self._begun: dict[str, str] = {}
        self._done: set[str] = set()

    def repeat(self, run: FollowedRun) -> bool:
        """Write what is new; tell whether the run has ended and all of it is there. Raises what MLflow's client raises."""
        if not self._parent:
            self._find(run)
        for child in run.children:
            if child.id not in self._done:
                self._child(run, child)
        if run.has_ended:
            self._end(run)
        return run.has_ended

    def _find(self, run: FollowedRun) -> None:
        """Find what an earlier mirror has written, and make the run when there is none."""
        name = run.record.experiment
        known = self._client.get_experiment_by_name(name)
        self._experiment = known.experiment_id if known else self._client.create_experiment(name)
        written = self._client.search_runs([self._experiment], f"tags.`{RUN}` = '{run.record.id}'", max_results=10_000)
        for entry in written:
            child_id = entry.data.tags.get(CHILD)
            if child_id is None:
                self._parent = entry.info.run_id
                continue
            self._begun[child_id] = entry.info.run_id
            if RunStatus.is_terminated(RunStatus.from_string(entry.info.status)):
                self._done.add(child_id)
        if not self._parent:
            tags = {RUN: run.record.id, "hf.dataset": f"{run.record.dataset}:{run.record.dataset_version}"}
            self._parent = self._make(run.record.id, run.record.created_at, tags)
            self._client.log_batch(self._parent, params=list(_params(run.record.settings)))

    def _make(self, name: str, at: datetime | None, tags: Mapping[str, str]) -> str:
        begun = _ms(at) if at else None
        return str(self._client.create_run(self._experiment, begun, dict(tags), name).info.run_id)

    def _child(self, run: FollowedRun, child: Row[Any]) -> None:
        """Write one child run, as a nested run; one that was interrupted is written to its end."""
        name = f"{child.number} {child.algorithm}"
        if child.id not in self._begun:
            tags = {RUN: run.record.id, CHILD: child.id, PARENT: self._parent, "hf.algorithm": child.algorithm}
            self._begun[child.id] = self._make(name, child.started_at, tags)
        at, there = child.ended_at or run.record.created_at, self._begun[child.id]
        measured = {**child.metrics, "score": child.score, "seconds": child.seconds, "parity": child.parity}
        folds = [Metric("fold_score", v, _ms(at), step) for step, v in enumerate(child.fold_scores) if v is not None]
        notes = [RunTag("hf.message", child.message[:LONGEST])] if child.message else []
        self._client.log_batch(there, [*_metrics(measured, at), *folds], list(_params(child.parameters)), notes)
        self._client.set_terminated(there, _STATUS.get(RunState(child.state), "FAILED"), _ms(at))
        self._done.add(child.id)

    def _end(self, run: FollowedRun) -> None:
        """Write the winner's figures and files, then the run's end."""
        winner, at = run.winner(), run.record.ended_at or run.record.created_at
        if winner is not None and winner.report_file and run.record.state is RunState.COMPLETED:
            report, data = run.report(winner)
            honest = {"honest_AUC": report.honest.value if report.honest else None}
            self._client.log_batch(
                self._parent, list(_metrics({**report.metrics, **honest}, at)), tags=[RunTag("hf.best_child_id", winner.id)]
            )
            html, markdown = run.model_card(report)
            files = {"report.json": data, "model-card.html": html.encode(), "model-card.md": markdown.encode()}
            self._files(files, "")
            self._files({"model.onnx": run.model(winner)} if winner.model_file else {}, "model")
        self._client.set_terminated(self._parent, _STATUS.get(run.record.state, "FAILED"), _ms(at))

    def _files(self, contents: Mapping[str, bytes], folder: str) -> None:
        with tempfile.TemporaryDirectory(prefix="hf-mirror-") as place:
            for name, data in contents.items():
                path = Path(place) / name
                path.write_bytes(data)
                self._client.log_artifact(self._parent, str(path), folder or None)


def _metrics(values: Mapping[str, float | None], at: datetime) -> Iterator[Metric]:
    """Return figures at one moment: written again they are the same entries, not further ones."""
    for name, value in values.items():
        if value is not None and math.isfinite(value):
            yield Metric(_NO_KEY.sub("_", name), float(value), _ms(at), 0)


def _params(values: Mapping[str, object]) -> Iterator[Param]:
    for name, value in list(values.items())[:100]:
        yield Param(_NO_KEY.sub("_", str(name)), str(value)[:LONGEST])


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
