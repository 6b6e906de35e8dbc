"""Run history: experiments, runs with their tags and properties, and the questions that list them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.azure.exchange import Answer, Ask, Refusal
from tests.fakes.azure.odata import passes
from tests.fakes.azure.place import API, guid, stamp
from tests.fakes.azure.routes import route

_EXPERIMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
_AT = "/history/v1.0{ws}"


@dataclass
class Experiment:
    """One experiment."""

    name: str
    id: str = field(default_factory=guid)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    tags: dict[str, str] = field(default_factory=dict)

    def dto(self) -> dict[str, Any]:
        """Return it as the service writes it."""
        named = {"experimentId": self.id, "name": self.name, "description": None, "createdUtc": stamp(self.created)}
        return {**named, "tags": self.tags, "archivedTime": None, "retainForLifetimeOfWorkspace": False, "artifactLocation": None}


@dataclass
class RunRecord:
    """One run or child run; `status` is Azure's word."""

    id: str
    experiment: Experiment
    number: int
    kind: str
    parent: RunRecord | None = None
    status: str = "NotStarted"
    name: str | None = None
    target: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    ended: datetime | None = None
    properties: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    definition: dict[str, Any] | None = None
    logs: dict[str, str] = field(default_factory=dict)

    @property
    def container(self) -> str:
        """The id under which its artifacts are kept."""
        return f"dcid.{self.id}"

    @property
    def root(self) -> RunRecord:
        """The run that started everything."""
        return self if self.parent is None else self.parent.root

    def dto(self) -> dict[str, Any]:
        """Return it as the service writes it in lists and on its own."""
        return {
            "runNumber": self.number,
            "runId": self.id,
            "runUuid": self.id[-36:],
            "rootRunId": self.root.id,
            "rootRunUuid": self.root.id[-36:],
            "parentRunId": self.parent.id if self.parent else None,
            "parentRunUuid": self.parent.id[-36:] if self.parent else None,
            "experimentId": self.experiment.id,
            "createdUtc": stamp(self.created),
            "startTimeUtc": stamp(self.started) if self.started else None,
            "endTimeUtc": stamp(self.ended) if self.ended else None,
            "status": self.status,
            "name": self.name,
            "displayName": self.name or self.id,
            "dataContainerId": self.container,
            "description": None,
            "hidden": False,
            "runType": self.kind,
            "runTypeV2": {"orchestrator": "AutoML", "traits": ["automl", "curated"]},
            "properties": dict(self.properties),
            "tags": dict(self.tags),
            "target": self.target,
            "scriptName": None,
            "options": {"generateDataContainerIdIfNotSpecified": True},
            "heartbeatEnabled": False,
            "userId": "00000000-0000-0000-0000-000000000001",
            "createdBy": {"userObjectId": "1", "userName": "The double's service principal"},
            "createdFrom": None,
            "cancelUri": None,
            "completeUri": None,
            "diagnosticsUri": None,
            "token": None,
            "tokenExpiryTimeUtc": None,
            "primaryMetricName": None,
            "error": self.error,
            "warnings": None,
            "queueingInfo": None,
            "runDefinition": None,
            "jobSpecification": None,
            "inputDatasets": [],
            "outputDatasets": [],
        }

    def details(self) -> dict[str, Any]:
        """Return it with everything that belongs to it."""
        given = self.dto()
        kept = ("runId", "target", "status", "startTimeUtc", "endTimeUtc", "error", "warnings", "properties", "inputDatasets")
        more = {"services": {}, "outputDatasets": [], "runDefinition": self.definition, "logFiles": dict(self.logs)}
        return {name: given[name] for name in kept} | more


class History:
    """Every experiment and run of the workspace."""

    def __init__(self) -> None:
        self.experiments: dict[str, Experiment] = {}
        self.runs: dict[str, RunRecord] = {}

    def add(self, run_id: str, experiment: Experiment, kind: str, **more: Any) -> RunRecord:
        """Keep a new run."""
        run = RunRecord(run_id, experiment, len(self.runs) + 1, kind, **more)
        self.runs[run_id] = run
        return run

    def run(self, run_id: str) -> RunRecord:
        """Return a run. Raises Refusal."""
        if run_id not in self.runs:
            raise Refusal(404, "UserError", f"Run {run_id} was not found", innerError={"code": "NotFoundError"})
        return self.runs[run_id]

    def children(self, run: RunRecord) -> list[RunRecord]:
        """Return the children of a run in the order in which they were made."""
        return [r for r in self.runs.values() if r.parent is run]

    def experiment(self, name_or_id: str) -> Experiment:
        """Return an experiment by its name or its id. Raises Refusal."""
        for experiment in self.experiments.values():
            if name_or_id in (experiment.name, experiment.id):
                return experiment
        raise Refusal(404, "UserError", f"Experiment {name_or_id} was not found", innerError={"code": "NotFoundError"})

    @route("GET", API, _AT + "/experiments/{experiment}")
    @route("GET", API, _AT + "/experimentids/{experiment}")
    def get_experiment(self, ask: Ask) -> Any:
        """Give one experiment."""
        return self.experiment(ask["experiment"]).dto()

    @route("POST", API, _AT + "/experiments/{experiment}")
    def create_experiment(self, ask: Ask) -> Any:
        """Make an experiment, unless its name is taken."""
        name = ask["experiment"]
        if not _EXPERIMENT_NAME.fullmatch(name):
            raise Refusal(400, "UserError", f"The experiment name {name} is invalid.")
        if name in self.experiments:
            raise Refusal(409, "UserError", f"Experiment {name} already exists.")
        self.experiments[name] = Experiment(name)
        return self.experiments[name].dto()

    @route("GET", API, _AT + "/experiments")
    @route("POST", API, _AT + "/experiments:query")
    def list_experiments(self, ask: Ask) -> Any:
        """List every experiment."""
        return {"value": [e.dto() for e in self.experiments.values()], "continuationToken": None, "nextLink": None}

    @route("GET", API, _AT + "/runs/{run}")
    @route("GET", API, _AT + "/experiments/{experiment}/runs/{run}")
    @route("GET", API, _AT + "/experimentids/{experiment}/runs/{run}")
    def get_run(self, ask: Ask) -> Any:
        """Give one run."""
        return self.run(ask["run"]).dto()

    @route("GET", API, _AT + "/runs/{run}/details")
    @route("GET", API, _AT + "/experiments/{experiment}/runs/{run}/details")
    @route("GET", API, _AT + "/experimentids/{experiment}/runs/{run}/details")
    def get_details(self, ask: Ask) -> Any:
        """Give one run with its definition and logs."""
        return self.run(ask["run"]).details()

    @route("PATCH", API, _AT + "/experiments/{experiment}/runs/{run}")
    @route("PATCH", API, _AT + "/experimentids/{experiment}/runs/{run}")
    def change_run(self, ask: Ask) -> Any:
        """Add tags and properties to a run, or hide it from nobody: what is not sent stays."""
        run, sent = self.run(ask["run"]), ask.json or {}
        run.tags.update(sent.get("tags") or {})
        run.properties.update(sent.get("properties") or {})
        run.name = sent.get("displayName") or run.name
        return run.dto()

    @route("GET", API, _AT + "/experiments/{experiment}/runs/{run}/children")
    @route("GET", API, _AT + "/experimentids/{experiment}/runs/{run}/children")
    def get_children(self, ask: Ask) -> Any:
        """List the children of a run, the newest first when it is asked so."""
        found = self.children(self.run(ask["run"]))
        if "desc" in ask.query.get("$orderby", ""):
            found = found[::-1]
        return self._page(found, ask)

    @route("POST", API, _AT + "/runs:query")
    @route("POST", API, _AT + "/experiments/{experiment}/runs:query")
    @route("POST", API, _AT + "/experimentids/{experiment}/runs:query")
    def query_runs(self, ask: Ask) -> Any:
        """List the runs that a filter lets through, newest first."""
        asked = ask.json or {}
        found = [r for r in reversed(self.runs.values()) if _passes(r, asked.get("filter") or "")]
        if "experiment" in ask.params:
            of = self.experiment(ask["experiment"])
            found = [r for r in found if r.experiment is of]
        top = asked.get("top")
        return {"value": [r.dto() for r in found[:top]], "continuationToken": None, "nextLink": None}

    @route("GET", API, _AT + "/experiments/{experiment}/runs")
    def list_runs(self, ask: Ask) -> Any:
        """List the runs of an experiment, newest first."""
        of = self.experiment(ask["experiment"])
        return self._page([r for r in reversed(self.runs.values()) if r.experiment is of], ask)

    @route("PATCH", API, _AT + "/experimentids/{experiment}")
    @route("PATCH", API, _AT + "/experiments/{experiment}")
    def change_experiment(self, ask: Ask) -> Any:
        """Add tags to an experiment."""
        found = self.experiment(ask["experiment"])
        found.tags.update((ask.json or {}).get("tags") or {})
        return found.dto()

    @route("DELETE", API, _AT + "/experiments/{experiment}/runs/{run}/tags")
    def delete_tags(self, ask: Ask) -> Any:
        """Take tags from a run."""
        run = self.run(ask["run"])
        for name in ask.json.get("tags", ask.json) if isinstance(ask.json, dict) else ask.json:
            run.tags.pop(name, None)
        return run.dto()

    @route("GET", API, _AT + "/experiments/{experiment}/runs/{run}/events")
    def events(self, ask: Ask) -> Any:
        """Tell nothing: the double keeps no events."""
        return {"value": []}

    def _page(self, found: list[RunRecord], ask: Ask) -> Answer:
        wanted = [r for r in found if _passes(r, ask.query.get("$filter", ""))]
        size, start = int(ask.query.get("$top") or 500), int(ask.query.get("$continuationToken") or 0)
        page, rest = wanted[start : start + size], start + size < len(wanted)
        return Answer(
            {"value": [r.dto() for r in page], "continuationToken": str(start + size) if rest else None, "nextLink": None}
        )


def _passes(run: RunRecord, condition: str) -> bool:
    """Tell whether a run fits a filter. Raises Refusal."""
    try:
        return passes(run.dto(), condition)
    except ValueError as error:
        raise Refusal(400, "UserError", str(error)) from error
