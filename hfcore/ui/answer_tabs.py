"""What is behind an answer, in tabs under it; only the open one is drawn, so that what costs time is asked for first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.ui import about_model, answer_copies, risk_place, similar_patients, what_if, why
from hfcore.ui.guard import guard
from hfcore.ui.outcome import Outcome
from hfcore.ui.predict_place import Place
from hfcore.ui.scoring import Answer
from hfcore.ui.served_model import Origin
from hfcore.ui.words import literal
from hfcore.workspace import Workspace


@dataclass(frozen=True)
class Explained:
    """An answer with everything that explains it: who scored, where the model comes from, what its columns mean."""

    workspace: Workspace
    endpoint: Endpoint
    answer: Answer
    columns: tuple[Column, ...]
    outcome: Outcome
    origin: Origin | HfError

    def known(self) -> Origin | None:
        """Return where the model comes from; when that is not known, say why and return None."""
        if isinstance(self.origin, HfError):
            st.markdown(f"What this model was trained on is not known here: {literal(str(self.origin))}")
            return None
        return self.origin


def draw(place: Place, answer: Answer) -> None:
    """Draw the tabs; opening one of them runs none of the page but themselves."""
    ws, endpoint = place.workspace, place.endpoint
    _tabs(Explained(ws, endpoint, answer, place.columns, place.served.outcome, place.served.origin))


@st.fragment
def _tabs(explained: Explained) -> None:
    with guard():
        for tab, content in zip(st.tabs(list(TABS), key="answer-tab", on_change="rerun"), TABS.values(), strict=True):
            with tab:
                if tab.open:
                    content(explained)


def _why(explained: Explained) -> None:
    found = explained.known()
    if found is not None:
        why.draw(explained.workspace, explained.endpoint, found, explained.answer, explained.columns)


def _place(explained: Explained) -> None:
    found = explained.known()
    if found is not None:
        risk_place.draw(found, explained.answer, explained.outcome)


def _similar(explained: Explained) -> None:
    found = explained.known()
    if found is not None:
        similar_patients.draw(explained.workspace, found, explained.answer, explained.outcome)


def _what_if(explained: Explained) -> None:
    what_if.draw(explained.workspace, explained.endpoint, explained.answer, explained.columns, explained.outcome)


def _about(explained: Explained) -> None:
    about_model.draw(explained.origin, explained.endpoint, explained.answer)


def _copies(explained: Explained) -> None:
    found = None if isinstance(explained.origin, HfError) else explained.origin
    answer_copies.draw(explained.answer, explained.columns, explained.outcome, found)


TABS: dict[str, Callable[[Explained], None]] = {
    "Among all patients": _place,
    "Why": _why,
    "Similar patients": _similar,
    "What if": _what_if,
    "The model": _about,
    "Copy or print": _copies,
}
