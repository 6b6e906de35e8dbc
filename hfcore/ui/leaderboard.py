"""The leaderboard of a run: its child runs by score, then those under way, then those that gave no score."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.records import ChildRun, Run
from hfcore.states import RunState
from hfcore.ui import navigation
from hfcore.ui.run_words import metric_name
from hfcore.ui.states import plain, sign
from hfcore.ui.table import ROW, table_height
from hfcore.ui.words import MISSING, count, literal, metric

if TYPE_CHECKING:
    import pandas as pd

ROWS = 10
ALL = 25  # once a run has ended, so that the picked one is seen wherever it ranks
VOTE_WINS = (
    " The highest of many scores is partly luck, so the VotingEnsemble is the best model here: it gives way only to a lead "
    "that luck does not explain."
)
_BARE = "no spread over folds is known, so take small differences for chance."
_NUMBER, _TEXT = st.column_config.NumberColumn, st.column_config.TextColumn


def ranked(children: Sequence[ChildRun]) -> list[ChildRun]:
    """Return the child runs, best score first, then those under way, then those without a score."""
    return sorted(children, key=lambda c: (c.score is None, c.state.is_finished, -(c.score or 0.0), c.number))


def spread(child: ChildRun) -> str:
    """Write a score with its spread over the folds in one cell: 0.803 ± 0.052."""
    if child.score is None:
        return MISSING
    if len(child.fold_scores) < 2:
        return metric(child.score)
    return f"{metric(child.score)} ± {metric(statistics.stdev(child.fold_scores))}"


def lacks_spread(children: Sequence[ChildRun]) -> bool:
    """Tell whether scores came without their folds: Azure keeps none, and one hold-out has none."""
    scored = [c for c in children if c.score is not None]
    return bool(scored) and all(len(c.fold_scores) < 2 for c in scored)


def draw(run: Run, children: Sequence[ChildRun]) -> None:
    """Draw the table; once the run has ended, a click on a row opens that child run's model."""
    order = ranked(children)
    settled = run.state.is_finished
    look: dict[str, Any] = {
        "hide_index": True,
        "height": table_height(len(order), ALL) if settled else table_height(ROWS, ROWS),
        "row_height": ROW,
        "placeholder": MISSING,
        "column_config": _columns(run, lacks_spread(children)),
        "alt": "Leaderboard of the child runs",
    }
    with st.container(key="leaderboard-table"):
        if settled:
            seen = st.dataframe(
                _table([_ended(c) for c in order], run.best_child_id),
                key="leaderboard",
                on_select="rerun",
                selection_mode="single-cell",
                **look,
            )
            _follow(run, order, seen["selection"]["cells"])
        else:
            st.dataframe(_table(order), key="leaderboard-live", **look)
    st.caption(_reading(run, children))
    if settled:
        _comparison(run, order)
    _failures(children)


def _comparison(run: Run, order: Sequence[ChildRun]) -> None:
    """Lead to the best child run beside those with the highest scores, on the same patients."""
    highest = [c.id for c in order if c.score is not None and c.id != run.best_child_id]
    if run.best_child_id and highest:
        ids = ",".join((run.best_child_id, *highest[:2]))
        navigation.link("model", "Compare the best ones", ":material/stacked_line_chart:", run=run.id, compare=ids)


def _ended(child: ChildRun) -> ChildRun:
    """Return a child run of a run that has ended: what was still under way then was given up."""
    return child if child.state.is_finished else replace(child, state=RunState.CANCELED)


def _table(order: Sequence[ChildRun], best: str | None = None) -> pd.DataFrame:
    import pandas as pd

    columns = {
        "rank": [place if c.score is not None else None for place, c in enumerate(order, 1)],
        "algorithm": [c.algorithm for c in order],
        "score": [spread(c) for c in order],
        "picked": ["★ best" if c.id == best else None for c in order],
        "state": [plain(c.state) for c in order],
        "seconds": [c.seconds for c in order],
        "number": [c.number for c in order],
    }
    return pd.DataFrame(columns if best else {k: v for k, v in columns.items() if k != "picked"})


def _columns(run: Run, bare: bool) -> dict[str, Any]:
    score = _TEXT(
        f"{metric_name(run)} ± spread", width=115, help="Mean over the validation folds ± standard deviation over them."
    )
    if bare:
        score = _TEXT(metric_name(run), width=115, help="Of the validation data; its spread over the folds is not known.")
    return {
        "rank": _NUMBER("Rank", width=55, format="%d"),
        "algorithm": _TEXT("Scaling, algorithm", width=245, help="Names as Azure ML spells them."),
        "score": score,
        "picked": _TEXT("Picked", width=70, help="The model that the run names its best."),
        "seconds": _NUMBER("Seconds", width=75, format="%.1f"),
        "state": _TEXT("State", width=105),
        "number": _NUMBER("Child", width=60, format="%d", help="Number of the child run in this run."),
    }


def _reading(run: Run, children: Sequence[ChildRun]) -> str:
    if not children:
        return "Child runs appear here as soon as they start."
    bare = lacks_spread(children)
    told = "Higher is better; " + (_BARE if bare else "differences smaller than the spread mean little.")
    if not (run.state.is_finished and run.best_child_id):
        return told
    told = f"Click a row to see that model. {told}"
    return told if bare or ranked(children)[0].id == run.best_child_id else told + VOTE_WINS


def _follow(run: Run, order: Sequence[ChildRun], cells: Sequence[tuple[int, str]]) -> None:
    """Open the child run whose row was clicked."""
    if cells:
        child = order[int(cells[0][0])]
        if child.score is not None:
            navigation.go("model", run=run.id, child=child.id)


def _failures(children: Sequence[ChildRun]) -> None:
    """Say of each child run that gave no score why."""
    without = [c for c in children if c.state.is_finished and c.state is not RunState.COMPLETED]
    if not without:
        return
    with st.expander(f"{count(len(without), 'child run')} gave no score", key="without-score", icon=":material/info:"):
        st.markdown("\n".join(_failure(c) for c in without))


def _failure(child: ChildRun) -> str:
    why = literal(child.message or f"{sign(child.state).word}, no reason was recorded.")
    return f"- Child run {child.number}, {literal(child.algorithm)}: {why}"
