"""Doing something once per click, however fast the button is pressed."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st

SAME_CLICK_S = 2.0


@dataclass
class Last:
    """When this browser session last did something; one object changed in place, so that no rerun comes between."""

    moment: float = float("-inf")

    @property
    def just_now(self) -> bool:
        """True while another click can only be the second half of a double click."""
        return time.monotonic() - self.moment < SAME_CLICK_S

    def done(self) -> None:
        """Note that it has been done now."""
        self.moment = time.monotonic()


def last(key: str) -> Last:
    """Return when this session last did the thing called `key`."""
    found: Last = st.session_state.setdefault(key, Last())
    return found
