"""The last things that happened in a workspace, told as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hfcore.records import Endpoint, ModelVersion, Run
from hfcore.states import RunState
from hfcore.ui.states import sign
from hfcore.ui.words import literal

_ENDED = {
    RunState.COMPLETED: "completed",
    RunState.FAILED: "failed",
    RunState.CANCELED: "cancelled",
    RunState.TIMED_OUT: "stopped at its time limit",
    RunState.CRASHED: "crashed",
}


@dataclass(frozen=True)
class Event:
    """One thing that happened: when, a sentence in markdown, its icon, and the page that shows it."""

    moment: datetime
    sentence: str
    icon: str
    page: str
    query: Mapping[str, str]


def latest(runs: Sequence[Run], models: Sequence[ModelVersion], endpoints: Sequence[Endpoint], most: int = 10) -> list[Event]:
    """Return the newest events, newest first, read from the runs, models and endpoints that exist."""
    events = [e for run in runs for e in _run_events(run)]
    events += [_registered(m) for m in models[:most]]
    events += [_deployed(e) for e in endpoints]
    return sorted(events, key=lambda e: e.moment, reverse=True)[:most]


def _registered(model: ModelVersion) -> Event:
    sentence = f"Registered **{literal(model.label)}** ({literal(model.algorithm)})"
    query = {"run": model.run_id, "child": model.child_id}
    return Event(model.created_at, sentence, ":material/inventory_2:", "model", query)


def _deployed(endpoint: Endpoint) -> Event:
    served = literal(f"{endpoint.model_name}:{endpoint.model_version}")
    sentence = f"Deployed {served} as **{literal(endpoint.name)}**"
    return Event(endpoint.created_at, sentence, ":material/cloud_upload:", "deploy", {"endpoint": endpoint.name})


def _run_events(run: Run) -> list[Event]:
    name, query = f"**{literal(run.experiment)}**", {"run": run.id}
    events = [Event(run.created_at, f"Run started in {name}", ":material/play_circle:", "runs", query)]
    if run.ended_at is not None:
        best = f", best: {literal(run.best_algorithm)}" if run.best_algorithm else ""
        sentence = f"Run {_ENDED.get(run.state, 'ended')} in {name}{best}"
        events.append(Event(run.ended_at, sentence, sign(run.state).icon, "runs", query))
    return events
