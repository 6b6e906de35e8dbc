"""Which models are compared: two to four child runs on the same table and label; their ids live in the page's address."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from hfcore.records import ChildRun, Run
from hfcore.states import RunState
from hfcore.ui import session
from hfcore.ui.words import clock, metric
from hfcore.workspace import Workspace

PARAMETER = "compare"
FEWEST, MOST = 2, 4
_RUNS = 50
_KEY = "compare-choice"


@dataclass(frozen=True)
class Candidate:
    """A child run that can be compared, its run, and how it is called beside the others."""

    run: Run
    child_id: str
    label: str

    def child(self, ws: Workspace) -> ChildRun:
        """Return the child run itself."""
        return next(c for c in ws.children(self.run.id) if c.id == self.child_id)


def is_asked_for() -> bool:
    """Tell whether the address names models to compare."""
    return session.chosen(PARAMETER) is not None


def draw(ws: Workspace, run: Run, child: ChildRun) -> list[Candidate]:
    """Draw the choice and return what is chosen, in its order: the first is what the others are set against."""
    known = {c.child_id: c for c in candidates(ws, run)}
    st.session_state[_KEY] = _wanted(known, run, child)  # the address rules, so that a link and the back button work

    def remember() -> None:
        session.choose(PARAMETER, ",".join(st.session_state[_KEY]))

    chosen = st.multiselect(
        "Models on the same table, two to four; the others are set against the first",
        list(known),
        format_func=lambda i: known[i].label,
        key=_KEY,
        max_selections=MOST,
        on_change=remember,
    )
    return [known[i] for i in chosen]


def candidates(ws: Workspace, run: Run) -> list[Candidate]:
    """Return the finished child runs of a run, best first, then the best one of each other run on its table and label."""
    scored = [c for c in ws.children(run.id) if c.state is RunState.COMPLETED and c.score is not None]
    own = sorted(scored, key=lambda c: (c.id != run.best_child_id, -(c.score or 0.0), c.number))
    found = [Candidate(run, c.id, f"{c.algorithm} (child {c.number})") for c in own]
    for other in ws.runs(limit=_RUNS):
        if other.id != run.id and other.best_child_id and _table(other) == _table(run):
            label = f"{other.experiment}, {clock(other.created_at)}: {other.best_algorithm}, {metric(other.best_score)}"
            found.append(Candidate(other, other.best_child_id, label))
    return found


def _table(run: Run) -> tuple[str, int, object]:
    return run.dataset, run.dataset_version, run.settings.get("label_column_name")


def _wanted(known: dict[str, Candidate], run: Run, child: ChildRun) -> list[str]:
    """Return the models in the address as far as they are known, else this one and the best of the rest."""
    named = [i for i in (session.chosen(PARAMETER) or "").split(",") if i in known]
    if named:
        return named[:MOST]
    rest = [i for i in (run.best_child_id, *known) if i in known and i != child.id]
    return [i for i in (child.id, *rest[:1]) if i in known]
