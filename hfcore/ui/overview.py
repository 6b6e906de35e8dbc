"""The overview's body: the sentence, four cards, the last events; it refreshes itself while something is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from hfcore.records import Endpoint, ModelVersion, Run
from hfcore.states import EndpointState
from hfcore.ui import cards, events, navigation, standing, version_words
from hfcore.ui.guard import guard
from hfcore.ui.words import ago, exact
from hfcore.workspace import Workspace

REFRESH_S = 2.0
_RUNS = 20


@dataclass(frozen=True)
class Now:
    """What a workspace holds at this moment: the newest runs, every model and endpoint."""

    runs: Sequence[Run]
    models: Sequence[ModelVersion]
    endpoints: Sequence[Endpoint]

    @property
    def is_empty(self) -> bool:
        """True on a first visit."""
        return not (self.runs or self.models or self.endpoints)

    @property
    def is_busy(self) -> bool:
        """True while a run is at work or an endpoint changes."""
        return any(r.state.is_active for r in self.runs) or any(not e.state.is_settled for e in self.endpoints)

    @property
    def shown_endpoint(self) -> Endpoint | None:
        """The endpoint to show: the first that answers, else the first there is."""
        live = [e for e in self.endpoints if e.state is EndpointState.HEALTHY]
        return next(iter([*live, *self.endpoints]), None)


def look(ws: Workspace) -> Now:
    """Read what the overview shows."""
    return Now(ws.runs(limit=_RUNS), ws.models(), ws.endpoints())


def draw(ws: Workspace, was_busy: bool) -> None:
    """Draw the body; when nothing is under way any more, draw the whole page once again."""
    with guard():
        now = look(ws)
        if was_busy and not now.is_busy:
            st.rerun()
        st.markdown(standing.sentence(ws, now.runs, now.endpoints))
        _cards(ws, now)
        _events(now)


def _cards(ws: Workspace, now: Now) -> None:
    grid = st.grid(4, min_column_width=200, key="cards")
    with grid.cell():
        cards.data_card(ws)
    with grid.cell():
        cards.run_card(ws, next(iter(now.runs), None))
    with grid.cell():
        cards.model_card(version_words.foremost(now.models))
    with grid.cell():
        cards.endpoint_card(now.shown_endpoint)


def _events(now: Now) -> None:
    st.subheader("What happened last", anchor=False)
    with st.container(gap=None, key="events"):
        for event in events.latest(now.runs, now.models, now.endpoints):
            label = f"{event.sentence} :gray[{ago(event.moment)}]"
            navigation.link(event.page, label, event.icon, exact(event.moment), **event.query)
