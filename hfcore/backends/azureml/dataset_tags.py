"""What a data set is told about itself in tags, so that it can be described without reading its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hfcore.datasets.dataset import Source
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


def describe(frame: pd.DataFrame, everything: bool = False, schema: Schema | None = None) -> dict[str, str]:
    """Describe a table in tags: its hash, counts and each column's kind, unit and role, as far as a tag may be long."""
    from hfcore.datasets.validation import infer_schema

    data = _csv(frame)
    kinds = json.dumps([_short(c) for c in schema or infer_schema(frame)], separators=(",", ":"))
    told = {"sha256": hashlib.sha256(data).hexdigest(), "rows": str(frame.shape[0]), "bytes": str(len(data))}
    parts = {f"schema{i}": kinds[at : at + MOST_TAG] for i, at in enumerate(range(0, len(kinds), MOST_TAG))}
    if everything or len(parts) <= MOST_PARTS:
        told |= parts
    return {f"{OURS}{name}": value for name, value in told.items()}


def origin(source: Source | None, by: str) -> dict[str, str]:
    """Return tags that say which file a table came from, what was repaired in it, who registered it and when."""
    told = {
        "by": by,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "file": source.file if source else "",
        "file_sha256": source.sha256 if source else "",
    }
    told["repairs"] = " ".join(source.repairs) if source else ""
    return {f"{OURS}{name}": value[:MOST_TAG] for name, value in told.items() if value}


def source_of(tags: Mapping[str, str]) -> Source | None:
    """Return what the tags say of a table's file; its repairs are one text, cut where a tag must end."""
    file, repairs = tags.get(f"{OURS}file"), tags.get(f"{OURS}repairs")
    return Source(file, tags.get(f"{OURS}file_sha256", ""), repairs=(repairs,) if repairs else ()) if file else None


_KINDS = {"n": "number", "i": "integer", "b": "boolean", "c": "category"}


def facts(tags: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what the tags say of a table, None when they do not say enough."""
    try:
        text = "".join(tags[f"{OURS}schema{i}"] for i in range(len(tags)) if f"{OURS}schema{i}" in tags)
        columns = tuple(_column(str(name), _KINDS[kind], *more) for name, kind, *more in json.loads(text))
        return {
            "sha256": tags[f"{OURS}sha256"],
            "rows": int(tags[f"{OURS}rows"]),
            "columns": len(columns),
            "schema": Schema(columns),
            "size_bytes": int(tags[f"{OURS}bytes"]),
        }
    except (KeyError, ValueError, TypeError):
        return None


def _short(column: Column) -> list[str]:
    """Return name and kind, and, where there is more to say, unit and role: l for the label, u for unknown beforehand."""
    known = shipped_dataset().schema
    if column.name in known and known[column.name] == column:
        return [column.name, column.kind[:1]]
    role = "l" if column.is_label else "" if column.known_at_scoring else "u"
    return [column.name, column.kind[:1], *([column.unit, role] if column.unit or role else [])]


def _column(name: str, kind: str, unit: str = "", role: str = "") -> Column:
    known = shipped_dataset().schema
    if (
        not unit
        and not role
        and name in known
        and (known[name].kind == kind or {known[name].kind, kind} <= {"number", "integer"})
    ):
        return known[name]
    bounds = (0.0, 1.0) if kind == "boolean" else (None, None)
    choices = ("no", "yes") if kind == "boolean" else None
    return Column(
        name, name, kind, unit, low=bounds[0], high=bounds[1], choices=choices, is_label=role == "l", known_at_scoring=not role
    )
