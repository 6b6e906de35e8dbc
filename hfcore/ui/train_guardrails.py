"""The guardrails of the data that is about to be trained on: those that found something, and how many passed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.guardrails import PASSED, Guardrail, check_guardrails
from hfcore.ui import navigation
from hfcore.ui.states import sign
from hfcore.ui.words import count, literal
from hfcore.workspace import Workspace


def draw(ws: Workspace, data: Dataset, settings: AutoMLSettings) -> None:
    """Draw what an analyst should know before training on this table."""
    found = _check(ws.name, data.name, data.version, settings.label_column_name, settings.excluded_columns, _ws=ws)
    st.markdown("**What the data says**")
    for guardrail in found:
        if guardrail.state != PASSED:
            st.markdown(line(guardrail))
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
) -> Sequence[Guardrail]:
    data = _ws.dataset(dataset, version)
    return check_guardrails(data.to_pandas(), label, data.schema, excluded)
