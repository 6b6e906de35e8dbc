"""How the risk would be if one value were another one: a curve from the live endpoint, asked for in one request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.reporting.patients_alike import interpolated
from hfcore.ui import chart, endpoint_trouble, scoring, served_model
from hfcore.ui.figures import risk_curve
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.patients import heading
from hfcore.ui.scoring import Answer
from hfcore.ui.words import literal, percent
from hfcore.workspace import Workspace

POINTS = 81
_CURVES = "what-if-curves"
NOT_CAUSE = (
    "This is what the model says of patients with other values. It does not say that changing the value changes the outcome."
)


def draw(ws: Workspace, endpoint: Endpoint, answer: Answer, columns: Sequence[Column], outcome: Outcome) -> None:
    """Draw the choice of a variable, its slider and the curve."""
    by_name = {c.name: c for c in columns if c.name in answer.values}
    chosen = st.selectbox(
        "Change one value",
        list(by_name),
        index=_first(list(by_name)),
        format_func=lambda name: heading(by_name[name]),
        key="what-if-column",
        persist_state="session",
        width=320,
    )
    column = by_name[str(chosen)]
    try:
        xs, risks = _curve(ws, endpoint, answer, column, _range(ws, endpoint, column, answer))
    except HfError as error:
        endpoint_trouble.draw(error, endpoint)
        return
    if column.kind in ("boolean", "category"):
        _choices(column, answer, xs, risks)
    else:
        _numbers(column, answer, [float(x) for x in xs], risks)
    st.caption(NOT_CAUSE)


def _first(names: list[str]) -> int:
    return names.index("ejection_fraction") if "ejection_fraction" in names else 0


def _range(ws: Workspace, endpoint: Endpoint, column: Column, answer: Answer) -> tuple[float, float]:
    """Return from where to where a number is changed: over the training patients' values, and this patient's own."""
    if column.kind in ("boolean", "category"):
        return 0.0, 1.0
    own = float(answer.values[column.name])
    found = served_model.origin(ws, endpoint)
    known = None if isinstance(found, HfError) else served_model.patients(ws, found)[1].range_of(column.name)
    low, high = known or (column.low if column.low is not None else own / 2, column.high if column.high is not None else own * 2)
    return min(low, own), max(high, own)


def values_between(column: Column, low: float, high: float, own: float) -> list[Any]:
    """Return the values to ask for: evenly spread, the patient's own among them, whole where the column is."""
    step = (high - low) / (POINTS - 1)
    spread = [low + i * step for i in range(POINTS)]
    if column.kind == "integer":
        return sorted({round(x) for x in spread} | {int(own)})
    return sorted({*spread, own})


def _curve(
    ws: Workspace, endpoint: Endpoint, answer: Answer, column: Column, between: tuple[float, float]
) -> tuple[list[Any], list[float]]:
    """Return values and their risks; asked for once per answer and column."""
    kept: dict[Any, tuple[list[Any], list[float]]] = st.session_state.setdefault(_CURVES, {})
    if next(iter(kept), (None,))[0] != answer.moment:
        kept.clear()
    key = (answer.moment, column.name)
    if key not in kept:
        values: list[Any] = [False, True] if column.kind == "boolean" else list(column.levels)
        if column.kind not in ("boolean", "category"):
            values = values_between(column, *between, float(answer.values[column.name]))
        kept[key] = values, scoring.risks(ws, endpoint, answer, [{**answer.values, column.name: v} for v in values])
    return kept[key]


def _numbers(column: Column, answer: Answer, xs: list[float], risks: list[float]) -> None:
    own = float(answer.values[column.name])
    whole = column.kind == "integer"
    limits: tuple[Any, Any, Any] = (int(xs[0]), int(xs[-1]), int(own)) if whole else (xs[0], xs[-1], own)
    step = 1 if whole else _step(xs[-1] - xs[0])
    key = f"what-if-{column.name}-{answer.moment.timestamp():.6f}"
    value = float(st.slider(literal(heading(column)), *limits, step=step, format="%.10g", key=key))
    said = sentence(column, value, interpolated(xs, risks, value), own, answer.risk)
    st.markdown(literal(said))
    chart.draw(
        risk_curve.build(
            heading(column), xs, risks, (own, answer.risk), (value, interpolated(xs, risks, value)), palette(is_dark())
        ),
        "what-if",
        "How to read this: the height is the risk that the endpoint gives for each value, with all other values as in the form.",
        said,
    )


def _step(width: float) -> float:
    """Return a slider's step: a round number, about a hundredth of the way."""
    return float(f"{width / 100:.0e}") if width > 0 else 1.0


def sentence(column: Column, value: float, risk: float, own: float, now: float) -> str:
    """Say what the risk would be."""
    unit = f" {column.unit}" if column.unit else ""
    if value == own:
        return f"At {own:,.10g}{unit}, as in the form, the risk is {percent(now)}."
    return f"At {value:,.10g}{unit} the risk would be {percent(risk)}, instead of {percent(now)} at {own:,.10g}{unit}."


def _choices(column: Column, answer: Answer, values: Sequence[Any], risks: Sequence[float]) -> None:
    """Write the risk for each choice of a yes/no or a text."""
    own = answer.values[column.name]
    words = column.choices or ("no", "yes")
    for value, risk in zip(values, risks, strict=True):
        name = words[bool(value)] if column.kind == "boolean" else str(value)
        here = " (as in the form)" if value == own else ""
        st.markdown(f"{literal(column.title)} **{literal(name)}**: {percent(risk)}{here}")
