"""The guardrails of the data that is about to be trained on: those that found something, and how many passed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets.columns import ColumnPlan, plan_columns
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.guardrails import PASSED, Guardrail, check_guardrails
from hfcore.ui import navigation
from hfcore.ui.states import sign
from hfcore.ui.words import count, literal
from hfcore.workspace import Workspace


def draw(ws: Workspace, data: Dataset, settings: AutoMLSettings) -> None:
    """Draw what an analyst should know before training on this table."""
    left_out = (*settings.excluded_columns, *((settings.weight_column_name,) if settings.weight_column_name else ()))
    found, text = _check(ws.name, data.name, data.version, settings.label_column_name, left_out, _ws=ws)
    st.markdown("**What the data says**")
    for guardrail in found:
        if guardrail.state != PASSED:
            st.markdown(line(guardrail))
    if text:
        st.markdown(f":material/text_fields: {literal(text)}")
    st.markdown(_passed(sum(g.state == PASSED for g in found)))
    navigation.link("explore", "Look at the data", ":material/arrow_forward:")


def line(guardrail: Guardrail) -> str:
    """Write a guardrail that found something, in markdown; of a list of findings the first, and how many there are."""
    shown = sign(guardrail.state)
    first, *others = guardrail.sentence.split("; ")
    sentence = f"{first}, and {len(others)} more like it." if len(others) > 1 else guardrail.sentence
    advice = f" {literal(guardrail.what_to_do)}" if guardrail.what_to_do else ""
    return f":{shown.colour}[{shown.icon} {literal(guardrail.name)}]: {literal(sentence)}{advice}"


def _passed(number: int) -> str:
    shown = sign(PASSED)
    return f":{shown.colour}[{shown.icon} {count(number, 'other check')} passed]"


@st.cache_data(show_spinner=False, max_entries=100)
def _check(
    workspace: str, dataset: str, version: int, label: str, excluded: tuple[str, ...], _ws: Workspace
) -> tuple[Sequence[Guardrail], str]:
    data = _ws.dataset(dataset, version)
    frame = data.to_pandas()
    plan = plan_columns(frame, [c for c in frame.columns if c != label and c not in excluded], "auto")
    return check_guardrails(frame, label, data.schema, excluded), text_sentence(plan)


def text_sentence(plan: ColumnPlan) -> str:
    """Say what becomes of the text columns, "" when there are none."""
    parts = []
    if plan.levels:
        parts.append(f"Text in {', '.join(plan.levels)} becomes yes/no columns, one for each value that enough rows have.")
    if plan.too_many:
        parts.append(f"Text in {', '.join(plan.too_many)} is left out: it has too many different values.")
    return " ".join(parts)
