"""Which run and which of its child runs the reader looks at; both ids live in the page's address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from hfcore.records import ChildRun, Run
from hfcore.states import RunState
from hfcore.ui import follow_up, session
from hfcore.ui.words import clock, metric
from hfcore.workspace import Workspace

_RUNS = 200


def run(ws: Workspace) -> Run | None:
    """Return the run in the address, else the newest that has a finished child run, else None.

    Raises:
        RunNotFound: the address names a run that does not exist.
    """
    wanted = session.chosen("run")
    return ws.run(wanted) if wanted else next(iter(_judged(ws)), None)


def child(ws: Workspace, run: Run) -> ChildRun | None:
    """Return the child run in the address, else the best one, else None when none has finished."""
    finished = _finished(ws, run)
    wanted = session.chosen("child") or run.best_child_id
    return next((c for c in finished if c.id == wanted), None) or next(iter(finished), None)


def draw(ws: Workspace, run: Run, child: ChildRun) -> None:
    """Draw the two choosers side by side: the run, and the child run with its score."""
    runs = [*_judged(ws)]
    known = {r.id: r for r in runs} | {run.id: run}
    children = {c.id: c for c in _finished(ws, run)}
    with st.container(horizontal=True, key="model-choice"):
        _chooser("run", "Run", list(known), run.id, lambda i: _run_label(ws, known[i]), {"child": None})
        _chooser("child", "Child run", list(children), child.id, lambda i: _child_label(children[i], run), {"run": run.id})


def _judged(ws: Workspace) -> list[Run]:
    return [r for r in ws.runs(limit=_RUNS) if r.best_child_id is not None]


def _finished(ws: Workspace, run: Run) -> list[ChildRun]:
    scored = [c for c in ws.children(run.id) if c.state is RunState.COMPLETED and c.score is not None]
    return sorted(scored, key=lambda c: (c.id != run.best_child_id, -(c.score or 0.0), c.number))


def _chooser(
    name: str, label: str, ids: Sequence[str], current: str, written: Callable[[str], str], also: Mapping[str, str | None]
) -> None:
    key = f"model-{name}"
    st.session_state[key] = current  # the address rules, so that a link and the browser's back button work

    def remember() -> None:
        for parameter, value in {**also, name: st.session_state[key]}.items():
            session.choose(parameter, value)

    st.selectbox(label, ids, key=key, format_func=written, on_change=remember)


def _run_label(ws: Workspace, run: Run) -> str:
    note = follow_up.words(ws, run)
    best = f"best {metric(run.best_score)}" if run.state.is_finished else "still at work"
    return f"{run.experiment}, {clock(run.created_at)}: {best}" + (f", {note}" if note else "")


def _child_label(child: ChildRun, run: Run) -> str:
    mark = "Best: " if run.state.is_finished and child.id == run.best_child_id else ""
    return f"{mark}{child.algorithm}, {metric(child.score)} (child {child.number})"
