"""Starting a run once per click: however fast the button is pressed, one form gives one run."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.automl.settings import AutoMLSettings
from hfcore.errors import InvalidSettings
from hfcore.ui import navigation, work
from hfcore.ui.azure import is_azure
from hfcore.ui.train_form import Wish
from hfcore.ui.words import count
from hfcore.workspace import Workspace

SAME_CLICK_S = 2.0
_WORK = "submit"


@dataclass
class Start:
    """The last start of this browser session.

    Kept as one object and changed in place: a second click may interrupt the script at any access to the
    session's state, but never between the end of `submit` and the note that it has happened.
    """

    run_id: str = ""
    moment: float = 0.0

    @property
    def just_made(self) -> bool:
        """True while another click can only be the second half of a double click."""
        return bool(self.run_id) and time.monotonic() - self.moment < SAME_CLICK_S


def last() -> Start:
    """Return the last start of this session."""
    start: Start = st.session_state.setdefault("train-last-start", Start())
    return start


def follow_one_just_made() -> None:
    """Go to the run that was started a moment ago: a second click has called the form back."""
    start = last()
    if start.just_made:
        navigation.go("runs", run=start.run_id)
    if work.of(_WORK).future is not None:
        _follow(start)


def button(ws: Workspace, action: DeltaGenerator, wish: Wish, settings: AutoMLSettings | None, wrong: int) -> dict[str, str]:
    """Draw the button; when it is pressed, start the run and go there. Return what the workspace refuses, by field."""
    start = last()
    pressed = action.button(
        "Start training",
        key="start-training",
        type="primary",
        disabled=settings is None,
        help=f"{count(wrong, 'entry', 'entries')} in the form to put right first." if settings is None else None,
    )
    if not pressed or settings is None:
        return {}
    try:
        if not is_azure(ws):
            start.run_id, start.moment = ws.submit(wish.experiment, settings, wish.dataset.name).id, time.monotonic()
            navigation.go("runs", run=start.run_id)
        work.of(_WORK).begin("starting the run", lambda: ws.submit(wish.experiment, settings, wish.dataset.name).id)
        _follow(start)
    except InvalidSettings as error:
        return error.fields
    return {}


def _follow(start: Start) -> None:
    """Wait for a run that is being sent far away, and go to it."""
    start.run_id, start.moment = str(work.of(_WORK).wait()), time.monotonic()
    navigation.go("runs", run=start.run_id)
