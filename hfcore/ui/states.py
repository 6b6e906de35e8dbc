"""A state as an icon, a word and a colour; never colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from hfcore.states import DeploymentState, EndpointState, RunState

Colour = Literal["red", "orange", "blue", "green", "gray"]


@dataclass(frozen=True)
class Sign:
    """How one state is shown; `mark` stands for the icon where only plain text can be drawn."""

    word: str
    icon: str
    colour: Colour
    mark: str = "?"


SIGNS: dict[str, Sign] = {
    RunState.QUEUED: Sign("Waiting", ":material/schedule:", "gray", "○"),
    RunState.STARTING: Sign("Starting", ":material/hourglass_top:", "blue", "◔"),
    RunState.RUNNING: Sign("Running", ":material/play_circle:", "blue", "●"),
    RunState.COMPLETED: Sign("Completed", ":material/check_circle:", "green", "✓"),
    RunState.FAILED: Sign("Failed", ":material/error:", "red", "✕"),
    RunState.CANCELED: Sign("Cancelled", ":material/cancel:", "gray", "□"),
    RunState.TIMED_OUT: Sign("Out of time", ":material/timer_off:", "orange", "◷"),
    RunState.CRASHED: Sign("Crashed", ":material/error:", "red", "✕"),
    RunState.UNKNOWN: Sign("Unknown", ":material/help:", "gray"),
    EndpointState.TRANSITIONING: Sign("In transition", ":material/hourglass_top:", "blue", "◔"),
    EndpointState.HEALTHY: Sign("Healthy", ":material/check_circle:", "green", "✓"),
    EndpointState.UNHEALTHY: Sign("Unhealthy", ":material/warning:", "orange", "△"),
    DeploymentState.UNDERWAY: Sign("Under way", ":material/hourglass_top:", "blue", "◔"),
    DeploymentState.IN_SERVICE: Sign("In service", ":material/check_circle:", "green", "✓"),
    DeploymentState.REPLACED: Sign("Replaced", ":material/swap_horiz:", "gray", "□"),
    DeploymentState.REFUSED: Sign("Refused", ":material/block:", "red", "✕"),
    DeploymentState.ROLLED_BACK: Sign("Rolled back", ":material/undo:", "orange", "△"),
    "Passed": Sign("Passed", ":material/check_circle:", "green", "✓"),
    "Done": Sign("Done", ":material/build_circle:", "blue", "✓"),
    "Alerted": Sign("Alerted", ":material/warning:", "orange", "△"),
}


def sign(state: str) -> Sign:
    """Return how `state` is shown; an unknown state is shown by its own name."""
    return SIGNS.get(state, Sign(str(state), ":material/help:", "gray"))


def badge(state: str) -> None:
    """Draw a state as a badge."""
    shown = sign(state)
    st.badge(shown.word, icon=shown.icon, color=shown.colour)


def inline(state: str) -> str:
    """Return a state as markdown: icon and word in its colour."""
    shown = sign(state)
    return f":{shown.colour}[{shown.icon} {shown.word}]"


def plain(state: str) -> str:
    """Return a state as plain text, for tables: mark and word."""
    shown = sign(state)
    return f"{shown.mark} {shown.word}"
