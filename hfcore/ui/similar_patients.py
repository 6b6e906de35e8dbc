"""The five training patients who are most like this one, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.datasets.resemblance import Neighbour, Resemblance
from hfcore.datasets.schema import Column
from hfcore.ui import export, served_model
from hfcore.ui.outcome import Outcome
from hfcore.ui.patients import heading
from hfcore.ui.scoring import Answer
from hfcore.ui.served_model import Origin
from hfcore.ui.table import table_height
from hfcore.ui.words import MISSING
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

COUNT = 5
HOW = (
    "How alike: the distance over all columns, each divided by its standard deviation, skewed ones as logarithms; 0 is the same. "
    "These patients were part of the training, and five are few: they illustrate the score, they do not prove it."
)


def draw(ws: Workspace, found: Origin, answer: Answer, outcome: Outcome) -> None:
    """Say how many of the five had the outcome, and draw them beside the patient."""
    frame, resemblance = served_model.patients(ws, found)
    nearest = resemblance.nearest(answer.values, COUNT)
    affected = [_is_event(frame, found, n) for n in nearest]
    st.markdown(sentence(affected, outcome.for_markdown()))
    shown = table(frame, found, nearest, resemblance, answer.values, outcome)
    st.dataframe(export.neutral_table(shown), key="similar-patients", hide_index=True, height=table_height(len(shown), 20))
    sampled = " Compared with a sample of 10,000 of them." if resemblance.is_sampled else ""
    st.caption(HOW + sampled)


def sentence(affected: Sequence[bool], outcome: Outcome) -> str:
    """Say what became of the most similar patients."""
    return f"Of the {len(affected)} most similar training patients, {sum(affected)} {outcome.did}."


def table(
    frame: pd.DataFrame,
    found: Origin,
    nearest: Sequence[Neighbour],
    resemblance: Resemblance,
    values: Mapping[str, Any],
    outcome: Outcome,
) -> pd.DataFrame:
    """Return the patient and the similar ones as columns, the outcome and every variable as rows, written as text."""
    import pandas as pd

    columns = resemblance.columns
    first = ["Outcome", "Distance", *(heading(c) for c in columns)]
    told: dict[str, list[str]] = {"": first, "This patient": [MISSING, MISSING, *(_cell(c, values.get(c.name)) for c in columns)]}
    for place, neighbour in enumerate(nearest, start=1):
        row = frame.iloc[neighbour.row]
        end = outcome.event if _is_event(frame, found, neighbour) else outcome.other
        told[f"No. {place}"] = [
            end + _when(frame, found, row),
            f"{neighbour.distance:.2f}",
            *(_cell(c, row[c.name]) for c in columns),
        ]
    return pd.DataFrame(told)


def _is_event(frame: pd.DataFrame, found: Origin, neighbour: Neighbour) -> bool:
    """Tell whether a patient had the outcome that is predicted."""
    value = frame[found.report.label_column].iloc[neighbour.row]
    return str(value.item() if hasattr(value, "item") else value) == found.report.positive_label


def _when(frame: pd.DataFrame, found: Origin, row: Any) -> str:
    """Say when follow-up ended, where the table knows and the model was not told."""
    schema = found.data.schema
    known = "time" in frame.columns and "time" in schema and schema["time"].unit == "days"
    return f", day {row['time']:.0f}" if known and "time" not in found.model.features else ""


def _cell(column: Column, value: Any) -> str:
    if value is None or value != value:
        return MISSING
    if column.kind == "boolean":
        return (column.choices or ("no", "yes"))[bool(value)]
    return str(value) if isinstance(value, str) else f"{float(value):,.10g}"
