"""The tab One patient: the form, beside it the answer of the live endpoint, and under both what is behind the answer."""

from __future__ import annotations

import streamlit as st

from hfcore.errors import HfError
from hfcore.reporting.patients_alike import group_of
from hfcore.ui import answer, answer_tabs, patient_form, scoring, served_model, unseen
from hfcore.ui.predict_place import Place
from hfcore.ui.scoring import Answer


def draw(place: Place) -> None:
    """Draw form and answer."""
    ws, endpoint = place.workspace, place.endpoint
    with st.grid(2, min_column_width=330, gap="medium", key="predict"):
        form, beside = st.container(gap="xsmall"), st.container(border=True, key="answer")
    with form:
        patient = patient_form.draw(place.columns, place.start)
    pressed = place.action.button("Score this patient", key="score", type="primary", disabled=bool(patient.wrong))
    with beside:
        if pressed and not patient.wrong:
            scoring.ask(ws, endpoint, patient.values)
        given = scoring.last()
        current = given if given is not None and given.is_for(endpoint, patient.values) else None
        if given is None or patient.wrong:
            answer.waiting(patient.wrong)
        else:
            _answer(place, given, current is not None)
    place.opening.markdown(answer.opening(endpoint, current, place.served.outcome if current else None))
    if current is not None:
        answer_tabs.draw(place, current)
    scoring.code(ws, endpoint, patient.values)


def _answer(place: Place, given: Answer, current: bool) -> None:
    """Draw the answer with what is known of the model's training patients."""
    found, outcome = place.served.origin, place.served.outcome
    if not current or isinstance(found, HfError):
        answer.draw(given, outcome, current)
        return
    _, resemblance = served_model.patients(place.workspace, found)
    answer.draw(given, outcome, current, group_of(found.report, given.risk), unseen.sentences(resemblance, given.values))
