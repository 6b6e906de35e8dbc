"""A report as JSON and back; numbers that JSON does not have (NaN, infinity) travel as strings."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from hfcore.reporting.report import ModelReport

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def report_to_json(report: ModelReport) -> str:
    """Return the report as JSON text."""
    return json.dumps(_plain(report), allow_nan=False)


def report_from_json(text: str | bytes) -> ModelReport:
    """Return the report that `report_to_json` wrote. Raises ValueError when the text is not a report."""
    return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[ModelReport]:
    from pydantic import TypeAdapter

    return TypeAdapter(ModelReport)


def _plain(value: Any) -> Any:
    """Return the value in types that JSON has; what it has no type for becomes its text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, type):
        value = value.item() if getattr(value, "ndim", 1) == 0 else str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
