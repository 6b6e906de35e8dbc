"""What a data set is told about itself in tags, so that it can be described without reading its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hfcore.datasets.heart_failure import shipped_dataset
from hfcore.datasets.schema import Column, Schema

if TYPE_CHECKING:
    import pandas as pd

OURS = "hf."
MOST_TAG = 200  # characters in one tag
MOST_PARTS = 5


def sha256(frame: pd.DataFrame) -> str:
    """Return the SHA-256 of a table as CSV, which does not depend on the form that Azure keeps it in."""
    return hashlib.sha256(_csv(frame)).hexdigest()


def _csv(frame: pd.DataFrame) -> bytes:
    text: str = frame.to_csv(index=False)
    return text.encode()


def describe(frame: pd.DataFrame, everything: bool = False) -> dict[str, str]:
    """Describe a table in tags: its hash, counts and kinds of column, as far as a tag may be long."""
    from hfcore.datasets.validation import infer_schema

    data = _csv(frame)
    kinds = json.dumps([[c.name, c.kind[:1]] for c in infer_schema(frame)], separators=(",", ":"))
    told = {"sha256": hashlib.sha256(data).hexdigest(), "rows": str(frame.shape[0]), "bytes": str(len(data))}
    parts = {f"schema{i}": kinds[at : at + MOST_TAG] for i, at in enumerate(range(0, len(kinds), MOST_TAG))}
    if everything or len(parts) <= MOST_PARTS:
        told |= parts
    return {f"{OURS}{name}": value for name, value in told.items()}


_KINDS = {"n": "number", "i": "integer", "b": "boolean", "c": "category"}


def facts(tags: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what the tags say of a table, None when they do not say enough."""
    try:
        text = "".join(tags[f"{OURS}schema{i}"] for i in range(len(tags)) if f"{OURS}schema{i}" in tags)
        columns = tuple(_column(str(name), _KINDS[kind]) for name, kind in json.loads(text))
        return {
            "sha256": tags[f"{OURS}sha256"],
            "rows": int(tags[f"{OURS}rows"]),
            "columns": len(columns),
            "schema": Schema(columns),
            "size_bytes": int(tags[f"{OURS}bytes"]),
        }
    except (KeyError, ValueError, TypeError):
        return None


def _column(name: str, kind: str) -> Column:
    known = shipped_dataset().schema
    if name in known and (known[name].kind == kind or {known[name].kind, kind} <= {"number", "integer"}):
        return known[name]
    bounds = (0.0, 1.0) if kind == "boolean" else (None, None)
    return Column(name, name, kind, low=bounds[0], high=bounds[1], choices=("no", "yes") if kind == "boolean" else None)
