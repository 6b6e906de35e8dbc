"""The answer beside the patient form: the risk in figures, in words and as ten people, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from hfcore.datasets.schema import Schema
from hfcore.records import Endpoint
from hfcore.settings import NOTICE
from hfcore.ui import large_number
from hfcore.ui.figures import pictogram
from hfcore.ui.outcome import Outcome
from hfcore.ui.outcome import of as words_of
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.scoring import Answer, served_model
from hfcore.ui.words import ago, exact, literal, percent


def waiting(wrong: Mapping[str, str]) -> None:
    """Say what to do to get an answer."""
    if wrong:
        st.markdown("To get a score, put right what is marked:  \n" + "  \n".join(literal(s) for s in wrong.values()))
    else:
        st.markdown("Fill in the form and press **Score this patient**. The values stay as they are when you leave the page.")
    st.caption(NOTICE)


def opening(endpoint: Endpoint, answer: Answer | None, schema: Schema) -> str:
    """Say in markdown what the risk is, or who will say it; and whether follow-up time is part of it."""
    source = f"**{literal(endpoint.name)}** with {literal(served_model(endpoint))}"
    late = ", **with** follow-up time, which nobody knows for a new patient" if endpoint.uses_follow_up_time else ""
    if answer is None:
        return f"Patients are scored live by {source}{late}."
    return f"{_question(schema)}: **{risk_words(answer.risk)}**, says {source}{late}."


def draw(answer: Answer, schema: Schema, current: bool) -> None:
    """Draw the answer; one that is not about the present form says so first."""
    outcome = words_of(schema)
    if not current:
        st.warning("The form has changed since this answer. Score again.", icon=":material/history:")
    st.caption(_question(schema))
    large_number.draw(risk_words(answer.risk))
    st.image(pictogram.build(round(10 * answer.risk), palette(is_dark())), alt=of_ten(answer.risk, outcome))
    st.markdown(of_ten(answer.risk, outcome.for_markdown()))
    st.markdown(class_words(answer, outcome.for_markdown()))
    st.caption(
        f"{literal(answer.model)} at {literal(answer.endpoint)} · {answer.latency_ms:.0f} ms · {ago(answer.moment)}",
        help=exact(answer.moment),
    )
    st.caption(f"**{NOTICE}**")


def _question(schema: Schema) -> str:
    label = schema.label
    if label is None:
        return "Probability"
    return f"Risk of {literal(label.title.lower())}" + (" during follow-up" if "time" in schema else "")


def risk_words(risk: float) -> str:
    """Write a risk as a whole percentage, without claiming 0 or 100."""
    if risk < 0.005:
        return "below 1 %"
    return "above 99 %" if risk >= 0.995 else percent(risk)


def of_ten(risk: float, outcome: Outcome) -> str:
    """Say the risk as a natural frequency."""
    affected = round(10 * risk)
    number = {0: "fewer than 1", 10: "nearly all"}.get(affected, f"about {affected}")
    return f"Of 10 patients like this, {number} {outcome.event}."


def class_words(answer: Answer, outcome: Outcome) -> str:
    """Say on which side of the model's cut the patient lies, and what that is called."""
    side = "at or above" if answer.called else "below"
    cut = "the model's cut" if answer.threshold is None else f"the model's cut of {percent(answer.threshold)}"
    return f"The risk is {side} {cut}: classed as **{outcome.event if answer.called else outcome.other}**."
