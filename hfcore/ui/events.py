"""The last things that happened in a workspace, told as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hfcore.records import Run
from hfcore.ui.states import sign
from hfcore.ui.words import literal, metric
from hfcore.workspace import Workspace


@dataclass(frozen=True)
class Event:
    """One thing that happened: when, a sentence in markdown, and the page that shows it."""

    moment: datetime
    sentence: str
    icon: str


def latest(ws: Workspace, most: int = 10) -> list[Event]:
    """Return the newest events, newest first, read from the runs, models and endpoints that exist."""
    events = [e for run in list(ws.runs())[: 2 * most] for e in _run_events(run)]
    for model in list(ws.models())[:most]:
        sentence = f"Registered **{literal(model.label)}** ({literal(model.algorithm)})"
        events.append(Event(model.created_at, sentence, ":material/inventory_2:"))
    for endpoint in ws.endpoints():
        served = literal(f"{endpoint.model_name}:{endpoint.model_version}")
        events.append(Event(endpoint.created_at, f"Deployed {served} as **{literal(endpoint.name)}**", ":material/cloud_upload:"))
    return sorted(events, key=lambda e: e.moment, reverse=True)[:most]


def _run_events(run: Run) -> list[Event]:
    name = f"**{literal(run.experiment)}**"
    events = [Event(run.created_at, f"Run started in {name}", ":material/play_circle:")]
    if run.ended_at is not None:
        best = (
            f": best {literal(run.best_algorithm or '')}, {literal(run.primary_metric)} {metric(run.best_score)}"
            if run.best_score
            else ""
        )
        events.append(Event(run.ended_at, f"Run {sign(run.state).word.lower()} in {name}{best}", sign(run.state).icon))
    return events
