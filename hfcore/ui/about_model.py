"""Which model gave an answer, on whom it was trained, and what it must not be used for."""

from __future__ import annotations

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.reporting.headline import headline
from hfcore.settings import NOTICE
from hfcore.ui import navigation
from hfcore.ui.scoring import Answer
from hfcore.ui.served_model import Origin
from hfcore.ui.words import exact, literal


def draw(found: Origin | HfError, endpoint: Endpoint, answer: Answer) -> None:
    """Draw the facts, or what is known of them."""
    st.markdown(f"**{literal(answer.model)}** at **{literal(endpoint.name)}**, asked {exact(answer.moment)}.")
    if isinstance(found, HfError):
        st.markdown(f"What this model was trained on is not known here: {literal(str(found))}")
    else:
        for fact in facts(found):
            st.markdown(literal(fact))
        navigation.link("model", "Judge this model", ":material/arrow_forward:", run=found.run.id)
    st.caption(f"**{NOTICE}**")


def facts(found: Origin) -> tuple[str, ...]:
    """Say what the model is, how good it is and who its training patients are, in plain text."""
    report, data = found.report, found.data
    population = data.description or f"The table {data.name}, version {data.version}."
    return (
        f"{report.algorithm}, trained on {report.rows:,} patients, {report.events:,} with the outcome.",
        headline(report).replace("`", "").removeprefix("Best so far: "),
        f"Training patients: {population}",
        f"What it looks at: {', '.join(_title(found, name) for name in found.model.features)}.",
    )


def _title(found: Origin, name: str) -> str:
    schema = found.data.schema
    return schema[name].title if name in schema else name
