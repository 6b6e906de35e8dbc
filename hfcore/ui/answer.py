"""The answer beside the patient form: the risk in figures, in words and as ten people, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from hfcore.records import Endpoint
from hfcore.reporting.patients_alike import RiskGroup
from hfcore.settings import NOTICE
from hfcore.ui import large_number, version_words
from hfcore.ui.figures import pictogram
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.scoring import Answer, served_model
from hfcore.ui.words import ago, exact, literal, percent

HOW_SURE = (
    "How often patients with a similar score had this outcome in cross-validation, with Wilson's 95 % interval for that share. "
    "It tells how well such scores come true among patients like those of the training table. It does not tell how sure this "
    "one figure is, nor how the model does elsewhere."
)


def waiting(wrong: Mapping[str, str]) -> None:
    """Say what to do to get an answer."""
    if wrong:
        st.markdown("To get a score, put right what is marked:  \n" + "  \n".join(literal(s) for s in wrong.values()))
    else:
        st.markdown("Fill in the form and press **Score this patient**. The values stay as they are when you leave the page.")
    st.caption(NOTICE)


def opening(endpoint: Endpoint, answer: Answer | None, outcome: Outcome | None = None) -> str:
    """Say in markdown what the risk is, or who will say it; and whether follow-up time is part of it."""
    source = f"**{literal(endpoint.name)}** with {literal(served_model(endpoint))}"
    late = ", **with** follow-up time, which nobody knows for a new patient" if endpoint.uses_follow_up_time else ""
    if answer is None or outcome is None:
        return f"Patients are scored live by {source}{late}."
    return f"{literal(outcome.question)}: **{risk_words(answer.risk)}**, says {source}{late}."


def draw(answer: Answer, outcome: Outcome, current: bool, group: RiskGroup | None = None, odd: Sequence[str] = ()) -> None:
    """Draw the answer; one that is not about the present form says so first.

    `group` are the patients with a similar risk, where they are known; `odd` sentences about what the model has not seen.
    """
    if not current:
        st.warning("The form has changed since this answer. Score again.", icon=":material/history:")
    st.caption(literal(outcome.question))
    large_number.draw(risk_words(answer.risk))
    if group is not None:
        st.markdown(f"95 % interval **{interval_words(group)}**", help=HOW_SURE)
    st.image(pictogram.build(round(10 * answer.risk), palette(is_dark())), alt=of_ten(answer.risk, outcome))
    st.markdown(of_ten(answer.risk, outcome.for_markdown()))
    if group is not None:
        st.markdown(calibration_words(group, outcome.for_markdown()))
    st.markdown(class_words(answer, outcome.for_markdown()))
    if odd:
        st.warning("  \n".join(literal(sentence) for sentence in odd), icon=":material/warning:")
    st.caption(
        f"{literal(answer.model)} at {literal(answer.endpoint)} · {answer.latency_ms:.0f} ms · {ago(answer.moment)}",
        help=exact(answer.moment),
    )
    st.caption(f"**{NOTICE}**")


def risk_words(risk: float) -> str:
    """Write a risk as a whole percentage, without claiming 0 or 100."""
    if risk < 0.005:
        return "below 1 %"
    return "above 99 %" if risk >= 0.995 else percent(risk)


def interval_words(group: RiskGroup) -> str:
    """Write the interval of what became of a group: 9 to 37 %."""
    return f"{100 * group.found.low:.0f} to {100 * group.found.high:.0f} %"


def calibration_words(group: RiskGroup, outcome: Outcome) -> str:
    """Say what became of the patients with a similar risk: of 30 patients given 17 to 23 %, 20 % died."""
    low, high = (f"{100 * edge:.0f}" for edge in (group.low, group.high))
    found = group.found
    return f"Of {found.rows:,} patients given {low} to {high} % in cross-validation, {percent(found.observed)} {outcome.did}."


def of_ten(risk: float, outcome: Outcome) -> str:
    """Say the risk as a natural frequency."""
    affected = round(10 * risk)
    number = {0: "fewer than 1", 10: "nearly all"}.get(affected, f"about {affected}")
    return f"Of 10 patients like this, {number} {outcome.did}."


def class_words(answer: Answer, outcome: Outcome) -> str:
    """Say on which side of the model's cut the patient lies, and what that is called."""
    if answer.likeliest is not None:
        return f"The likeliest outcome is **{literal(answer.likeliest)}**."
    side = "at or above" if answer.called else "below"
    cut = "the model's cut" if answer.threshold is None else f"the model's cut of {version_words.cut(answer.threshold)}"
    return f"The risk is {side} {cut}: classed as **{outcome.event if answer.called else outcome.other}**."
