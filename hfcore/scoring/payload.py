"""Rows as typed JSON: numbers and true/false, whatever the caller had them in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hfcore.errors import ScoringFailed

Value = bool | int | float | str | None
Row = dict[str, Value] | list[Value]

FOLLOW_UP_TIME = "time"
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CODE = re.compile(r"[+-]?0\d", re.ASCII)  # 01 may be the name of a ward; a service reads it as a number where it wants one
_WORDS = {"true": True, "false": False}


def typed_rows(rows: Any, features: Sequence[str] = ()) -> list[Row]:
    """Return rows ready for JSON.

    Args:
        rows: Records, lists of values in training order, one record, or a DataFrame.
        features: The model's input columns where they are known; the follow-up time is then left out for a
            model that does not use it, every other column is sent for the endpoint to judge.

    Raises:
        ScoringFailed: a value that JSON cannot carry; names row and field.
    """
    unused = {FOLLOW_UP_TIME} - set(features) if features else set()
    return [_typed_row(number, row, unused) for number, row in enumerate(_listed(rows), start=1)]


def _listed(rows: Any) -> Sequence[Any]:
    """Return the rows one by one; a DataFrame is recognised by what it can do, without importing pandas."""
    if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
        return list(rows.to_dict(orient="records"))
    if isinstance(rows, Mapping):
        return [rows]
    if hasattr(rows, "tolist"):
        return list(rows.tolist())
    return list(rows)


def _typed_row(number: int, row: Any, unused: set[str]) -> Row:
    if isinstance(row, Mapping):
        return {str(k): _typed(number, str(k), v) for k, v in row.items() if k not in unused}
    if isinstance(row, Sequence) and not isinstance(row, str):
        return [_typed(number, f"value {i}", v) for i, v in enumerate(row, start=1)]
    raise ScoringFailed(f"Row {number} is neither a record nor a list of values.", "Send one record per patient.")


def _typed(number: int, name: str, value: Any) -> Value:
    """Return one value as JSON has it; what is missing (None, NaN, NA) becomes null for the endpoint to name."""
    if isinstance(value, str):
        return _read_text(value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    sentence = f"Row {number}: {name} is a {type(value).__name__}; expected a number, true or false."
    raise ScoringFailed(sentence, fields={name: sentence})


def _read_text(text: str) -> Value:
    """Return the number or yes/no that a text spells, else the text itself."""
    plain = text.strip()
    if plain.lower() in _WORDS:
        return _WORDS[plain.lower()]
    if len(plain) > 64 or not _NUMBER.fullmatch(plain) or _CODE.match(plain):
        return text
    number = float(plain)
    whole = plain.lstrip("+-").isdigit()
    return int(plain) if whole else number if math.isfinite(number) else text
