"""What a model has not seen of a patient: values beyond its training patients', or a patient unlike all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfcore.datasets.resemblance import Outside, Resemblance

FAR = (
    "This patient is unlike every training patient: farther from the nearest one than 99 % of them are from theirs. "
    "The score is a guess."
)


def sentences(resemblance: Resemblance, values: Mapping[str, Any]) -> list[str]:
    """Say each value that lies outside the training patients', and whether the patient is far from all of them."""
    found = [_outside(o) for o in resemblance.outside(values)]
    return [*found, FAR] if resemblance.is_far(values) else found


def _outside(found: Outside) -> str:
    unit = f" {found.column.unit}" if found.column.unit else ""
    side = "below" if found.value < found.low else "above"
    return (
        f"{found.column.title} is {found.value:,.10g}{unit}, {side} what the model has seen "
        f"({found.low:,.10g} to {found.high:,.10g}{unit})."
    )
