"""The journey in the sidebar: five steps, each with its present state and a link."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hfcore.records import Endpoint, ModelVersion, Run
from hfcore.states import EndpointState, RunState
from hfcore.ui import navigation, version_words
from hfcore.ui.guard import guard
from hfcore.ui.states import sign
from hfcore.workspace import Workspace

REFRESH_S = 2
_RUNS = 20


@dataclass(frozen=True)
class Step:
    """One step of the journey: the page it leads to and how things stand."""

    page: str
    title: str
    icon: str
    status: str
    done: bool


def steps(ws: Workspace) -> tuple[Step, ...]:
    """Return the five steps from live data."""
    data = ws.dataset()
    runs, models, endpoints = ws.runs(limit=1), ws.models(), ws.endpoints()
    return (
        Step("explore", "Data", "table_chart", f"{data.rows} × {data.columns - 1}", True),
        _run_step(runs[0] if runs else None),
        _model_step(version_words.foremost(models)),
        *_endpoint_steps(tuple(endpoints)),
    )


def _run_step(run: Run | None) -> Step:
    if run is None:
        return Step("runs", "Run", "format_list_numbered", "none yet", False)
    done = f"{run.finished}/{run.planned} " if run.planned and run.state.is_active else ""
    return Step("runs", "Run", "format_list_numbered", f"{done}{sign(run.state).word.lower()}", run.state is RunState.COMPLETED)


def _model_step(model: ModelVersion | None) -> Step:
    status = f"v{model.version} {version_words.standing(model)}" if model else "none yet"
    return Step("model", "Model", "monitoring", status, model is not None)


def _endpoint_steps(endpoints: tuple[Endpoint, ...]) -> tuple[Step, Step]:
    live = [e for e in endpoints if e.state is EndpointState.HEALTHY]
    shown = (live or list(endpoints))[:1]
    status = sign(shown[0].state).word.lower() if shown else "none yet"
    predict = "ready" if live else "no endpoint"
    return (
        Step("deploy", "Endpoint", "cloud_upload", status, bool(live)),
        Step("predict", "Predict", "person_search", predict, False),
    )


def draw(ws: Workspace) -> None:
    """Draw the journey; it refreshes itself while something is under way."""
    busy = any(r.state.is_active for r in ws.runs(limit=_RUNS)) or any(not e.state.is_settled for e in ws.endpoints())
    st.fragment(_draw, run_every=REFRESH_S if busy else None)(ws)


def _draw(ws: Workspace) -> None:
    with guard():
        for number, step in enumerate(steps(ws), 1):
            label = f"{number}  {step.title}  :{'green' if step.done else 'gray'}[{step.status}]"
            navigation.link(step.page, label, f":material/{step.icon}:")
