"""The first visit: what this is, and three steps to start with."""

from __future__ import annotations

import streamlit as st

from hfcore.ui import navigation
from hfcore.workspace import Workspace

_STEPS = (
    (
        "Look at the patients",
        "Who they are, which values they have, and what separates those who died.",
        "explore",
        "Explore the data",
    ),
    (
        "Find the best risk model",
        "The search tries the usual kinds of model and shows each one as it finishes.",
        "train",
        "Start training",
    ),
    (
        "Put it into service",
        "Register the best model, deploy it {where}, and score a patient.",
        "deploy",
        "Deploy a model",
    ),
)
HEIGHT = 190
_WHERE = {"local": "on this machine"}
_PRIVATE = {"local": "; nothing leaves this machine."}


def draw(ws: Workspace) -> None:
    """Draw one sentence on what this is and the three steps."""
    data = ws.dataset()
    st.markdown(
        "Heart Failure Studio takes a table of patients, finds the best model of their risk of death, shows honestly "
        "how good it is, and puts it into service. "
        f"{data.rows} patients with heart failure are ready{_PRIVATE.get(ws.backend, '.')}"
    )
    grid = st.grid(3, min_column_width=220, key="first-steps")
    for number, (title, words, page, label) in enumerate(_STEPS, 1):
        with grid.cell(), st.container(border=True, height=HEIGHT, gap="xsmall"):
            st.markdown(f"**{number}. {title}**")
            st.markdown(words.format(where=_WHERE.get(ws.backend, "in Azure")))
            st.space("stretch")
            navigation.link(page, label, ":material/arrow_forward:")
