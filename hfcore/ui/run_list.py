"""All runs, newest first, and what is under way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.records import Run
from hfcore.ui import follow_up, frame, session
from hfcore.ui.guard import guard
from hfcore.ui.run_words import best_words, elapsed, headline, metric_name
from hfcore.ui.states import plain
from hfcore.ui.table import ROW, table_height
from hfcore.ui.words import MISSING, count, duration, literal, metric
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

STEP = 50
REFRESH_S = 2.0
_LIMIT, _TABLE = "runs-shown", "runs-table"
_TEXT = st.column_config.TextColumn


def draw(ws: Workspace) -> None:
    """Draw the newest runs; while one is active the list refreshes itself."""
    active = any(r.state.is_active for r in _newest(ws))
    st.fragment(_live, run_every=REFRESH_S if active else None)(ws, active)


def _newest(ws: Workspace) -> Sequence[Run]:
    return ws.runs(limit=st.session_state.get(_LIMIT, STEP) + 1)


def _live(ws: Workspace, was_active: bool) -> None:
    with guard():
        found = _newest(ws)
        if was_active and not any(r.state.is_active for r in found):
            st.rerun()
        shown = found[: st.session_state.get(_LIMIT, STEP)]
        if not shown:
            frame.empty("No model has been trained yet.", "train", "Start training")
            return
        st.markdown(opening(ws, shown))
        _table(ws, shown)
        _more(len(found) > len(shown), len(shown))


def opening(ws: Workspace, runs: Sequence[Run]) -> str:
    """Answer in a sentence what is happening."""
    active = [r for r in runs if r.state.is_active]
    if len(active) == 1:
        return f"One run is under way in **{literal(active[0].experiment)}**. {headline(ws, active[0])}"
    if active:
        return f"{count(len(active), 'run')} are under way."
    scored = next((r for r in runs if r.best_score is not None), None)
    latest = f" The latest result is {best_words(ws, scored)}." if scored else ""
    return f"Nothing is running.{latest}"


def _table(ws: Workspace, runs: Sequence[Run]) -> None:
    seen = st.dataframe(
        _frame(ws, runs),
        key=_TABLE,
        hide_index=True,
        height=table_height(len(runs), 14),
        row_height=ROW,
        placeholder=MISSING,
        on_select="rerun",
        selection_mode="single-cell",
        column_config=_COLUMNS,
        alt="Runs, newest first",
    )
    st.caption("Click a row to open that run.")
    cells = seen["selection"]["cells"]
    if cells:
        session.choose("run", runs[int(cells[0][0])].id)
        st.rerun()


_COLUMNS = {
    "state": _TEXT("State", width=105),
    "experiment": _TEXT("Experiment", width=130),
    "best": _TEXT("Best score", width=90, help="As cross-validated; the luck of being picked is not taken out."),
    "algorithm": _TEXT("Best model", width=180),
    "time": _TEXT("Follow-up", width=80, help=f"Whether follow-up time was left out or used. {follow_up.WHY}"),
    "children": _TEXT("Child runs", width=75, help="Done; while the run is at work, of how many."),
    "elapsed": _TEXT("Elapsed", width=85),
    "started": st.column_config.DatetimeColumn("Started", width=115, format="distance"),
}


def _frame(ws: Workspace, runs: Sequence[Run]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_row(ws, r) for r in runs], columns=list(_COLUMNS))


def _row(ws: Workspace, run: Run) -> dict[str, object]:
    return {
        "state": plain(run.state),
        "experiment": run.experiment,
        "best": f"{metric_name(run)} {metric(run.best_score)}" if run.best_score is not None else MISSING,
        "algorithm": run.best_algorithm,
        "time": {follow_up.WITHOUT: "left out", follow_up.WITH: "used"}.get(follow_up.words(ws, run), MISSING),
        "children": f"{run.finished}/{run.planned}" if run.planned and run.state.is_active else str(run.finished),
        "elapsed": duration(elapsed(run), whole=True),
        "started": run.created_at,
    }


def _more(there_are: bool, shown: int) -> None:
    if not there_are:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"The newest {shown} are shown.", width="content")
        if st.button(f"Show {STEP} more", key="show-more-runs", type="tertiary"):
            st.session_state[_LIMIT] = shown + STEP
            st.rerun()
