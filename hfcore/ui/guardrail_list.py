"""The tab Guardrails: each check with its state, what was found and what to do."""

from __future__ import annotations

import streamlit as st

from hfcore.datasets.guardrails import ALERTED, DONE, PASSED, Guardrail
from hfcore.ui.states import inline
from hfcore.ui.words import literal

_ORDER = (ALERTED, DONE, PASSED)


def draw(found: tuple[Guardrail, ...]) -> None:
    """Draw the checks, those that ask for attention first."""
    if not found:
        st.markdown("The guardrails need to know the outcome; this table has no column marked as such.")
        return
    for check in sorted(found, key=lambda g: _ORDER.index(g.state)):
        advice = f"  \n:material/arrow_forward: {literal(check.what_to_do)}" if check.what_to_do else ""
        st.markdown(f"{inline(check.state)} \u2002**{literal(check.name)}**  \n{literal(check.sentence)}{advice}")
