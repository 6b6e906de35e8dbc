"""One run as it goes: how it stands, how far it is, its best so far, leaderboard, log and settings."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.records import ChildRun, Run
from hfcore.ui import cancellation, chart, follow_up, guardrail_list, honest, leaderboard, navigation, run_settings
from hfcore.ui.azure import is_azure
from hfcore.ui.figures import best_so_far
from hfcore.ui.guard import guard
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.run_words import headline, left_words, metric_name
from hfcore.ui.words import ago, exact, literal
from hfcore.workspace import Workspace

REFRESH_S = 1.0
REFRESH_AFAR_S = 3.0
LOG_LINES = 300
LOG_HEIGHT = 420
TABS = ("Leaderboard", "Data guardrails", "Log", "Settings")
HOW_TO_READ = "How to read this: each point is a child run in the order they ended; the line is the best score so far."
PICKED = " The best of many was also lucky; the sentence above takes that luck out."


def draw(ws: Workspace, action: DeltaGenerator, run_id: str) -> None:
    """Draw a run; while it is active the picture refreshes itself every second.

    Raises:
        RunNotFound: no such run.
    """
    run = ws.run(run_id)
    _title(run)
    with action:
        _primary(ws, run)
    every = REFRESH_AFAR_S if is_azure(ws) else REFRESH_S
    st.fragment(_live, run_every=every if run.state.is_active else None)(ws, run.id, run.state.is_active)


def back() -> None:
    """Draw the way back to the list."""
    if st.button("All runs", key="all-runs", icon=":material/arrow_back:", type="tertiary"):
        navigation.go("runs")


def _title(run: Run) -> None:
    back()
    with st.container(horizontal=True, vertical_alignment="center", key="run-title"):
        st.subheader(literal(run.experiment), anchor=False, width="content")
        st.caption(f"{literal(run.id)} · {ago(run.created_at)}", help=exact(run.created_at), width="content")


def _primary(ws: Workspace, run: Run) -> None:
    if run.state.is_active:
        if st.button("Cancel the run", key="cancel-run", icon=":material/stop_circle:"):
            cancellation.ask(ws, run)
    elif run.best_child_id and st.button("See the best model", key="see-best-model", type="primary"):
        navigation.go("model", run=run.id)


def _live(ws: Workspace, run_id: str, was_active: bool) -> None:
    """Draw what changes; when the run has ended since, draw the whole page once more."""
    with guard():
        run = ws.run(run_id)
        if was_active and not run.state.is_active:
            st.rerun()
        children = ws.children(run_id)
        _standing(ws, run)
        _search(ws, run, children)
        _tabs(ws, run, children)


def _standing(ws: Workspace, run: Run) -> None:
    st.markdown(headline(ws, run))
    if run.message:
        (st.warning if run.finished else st.error)(literal(run.message))
    if run.state.is_active:
        st.progress(_share(run), text=_phase(run))
        st.caption("You may close this page; the run goes on.")
    if follow_up.words(ws, run) == follow_up.WITH:
        st.caption(f":orange[:material/warning: {follow_up.WHY}]")


def _share(run: Run) -> float:
    return min(1.0, run.finished / run.planned) if run.planned else 0.0


def _phase(run: Run) -> str:
    return " · ".join(part for part in (literal(run.phase), left_words(run)) if part) or "Waiting to start"


def _search(ws: Workspace, run: Run, children: Sequence[ChildRun]) -> None:
    name = metric_name(run)
    done = tuple((c.number, c.algorithm, c.score) for c in best_so_far.scored(children))
    figure = _figure(ws.name, run.id, done, name, run.planned if run.state.is_active else None, is_dark(), _children=children)
    chart.draw(
        figure,
        "best-so-far",
        HOW_TO_READ + ("" if run.state.is_active or honest.estimate(ws, run) is None else PICKED),
        f"Best {name} so far over {len(done)} child runs",
    )


@st.cache_data(show_spinner=False, max_entries=200)
def _figure(
    workspace: str,
    run_id: str,
    done: tuple[tuple[int, str, float | None], ...],
    metric_name: str,
    planned: int | None,
    dark: bool,
    _children: Sequence[ChildRun],
) -> object:
    return best_so_far.build(_children, metric_name, planned, palette(dark))


def _guardrails(run: Run) -> None:
    if run.guardrails:
        guardrail_list.draw(run.guardrails)
    elif run.state.is_active:
        st.markdown("The table has not been checked yet.")
    else:
        st.markdown("This run keeps no guardrails: it ended before its table was read, or is older than they are.")


def _tabs(ws: Workspace, run: Run, children: Sequence[ChildRun]) -> None:
    board, guardrails, log, settings = st.tabs(TABS, key="run-tabs", on_change="rerun")
    if board.open:
        with board:
            leaderboard.draw(run, children)
    if guardrails.open:
        with guardrails:
            _guardrails(run)
    if log.open:
        with log:
            st.code(ws.logs(run.id, LOG_LINES) or "The log is still empty.", language=None, height=LOG_HEIGHT)
    if settings.open:
        with settings:
            run_settings.draw(ws, run)
