"""Predict: what is this patient's risk?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import answer, endpoint_choice, frame, patient_form, scoring
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the form and, beside it, the answer of the live endpoint."""
    endpoint = endpoint_choice.draw(ws)
    if endpoint is None:
        frame.empty(
            "No endpoint is healthy, so nobody can be scored. Put a model into service first.", "deploy", "Deploy a model"
        )
        return
    opening, schema = st.container(), ws.dataset().schema
    with st.grid(2, min_column_width=330, gap="medium", key="predict"):
        form, beside = st.container(gap="xsmall"), st.container(border=True, key="answer")
    with form:
        patient = patient_form.draw(patient_form.columns(ws, endpoint))
    pressed = action.button("Score this patient", key="score", type="primary", disabled=bool(patient.wrong))
    with beside:
        if pressed and not patient.wrong:
            scoring.ask(ws, endpoint, patient.values)
        given = scoring.last()
        current = given if given is not None and given.is_for(endpoint, patient.values) else None
        if given is None or patient.wrong:
            answer.waiting(patient.wrong)
        else:
            answer.draw(given, schema, current is not None)
    opening.markdown(answer.opening(endpoint, current, schema))
    scoring.code(ws, endpoint, patient.values)


frame.show("predict", "What is this patient's risk?", draw)
