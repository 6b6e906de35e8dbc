"""Putting a model into service once per click, however fast the button is pressed."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import deployment_form
from hfcore.ui.deployment_form import Wish
from hfcore.ui.words import count
from hfcore.workspace import Workspace

SAME_CLICK_S = 2.0


@dataclass
class Last:
    """When this browser session last deployed something; one object changed in place, so that no rerun comes between."""

    moment: float = float("-inf")

    @property
    def just_now(self) -> bool:
        """True while another click can only be the second half of a double click."""
        return time.monotonic() - self.moment < SAME_CLICK_S


def button(ws: Workspace, action: DeltaGenerator, wish: Wish) -> None:
    """Draw the primary action; when it is pressed, start the deployment and draw the page again."""
    last: Last = st.session_state.setdefault("deploy-last", Last())
    wrong = count(len(wish.wrong), "entry", "entries")
    pressed = action.button(
        f"Deploy version {wish.model.version}",
        key="deploy",
        type="primary",
        disabled=wish.spec is None,
        help=f"{wrong} in the form below to put right first." if wish.spec is None else None,
    )
    if not pressed or wish.spec is None or last.just_now:
        return
    ws.deploy(wish.model, wish.spec, wait=False)
    last.moment = time.monotonic()
    deployment_form.suggest_another_name()
    st.rerun()
