"""Columns that give the outcome away: not known beforehand, or nearly the outcome itself, each with the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from hfcore.datasets.columns import MAX_LEVELS
from hfcore.datasets.ranks import Area, rank_area
from hfcore.datasets.schema import Column, Schema
from hfcore.records import Guardrail

if TYPE_CHECKING:
    import pandas as pd

SUSPICIOUS_AUC = 0.95
NAME = "Leakage"


def leakage(frame: pd.DataFrame, label: str, schema: Schema, left_out: tuple[str, ...]) -> Guardrail:
    """Check every column's AUC alone, with its 95 % interval, and whether it is known when a patient is scored."""
    found = _alone(frame, label, schema)
    suspects = {c.name: (c, a) for c, a in found if not c.known_at_scoring or a.auc >= SUSPICIOUS_AUC}
    if not suspects:
        return Guardrail(NAME, "Passed", "No column gives the outcome away.")
    evidence = " ".join(_evidence(*suspect) for suspect in suspects.values())
    remaining = [name for name in suspects if name not in left_out]
    if not remaining:
        return Guardrail(NAME, "Done", f"{evidence} Left out of the features: {_named(suspects)}.")
    return Guardrail(NAME, "Alerted", evidence, f"Leave out {_named(remaining)}, or read every figure with that in mind.")


def _alone(frame: pd.DataFrame, label: str, schema: Schema) -> Iterator[tuple[Column, Area]]:
    """Yield each column with the best AUC that it reaches alone for the last of the label's values."""
    for column in schema:
        if column.name == label or column.name not in frame.columns:
            continue
        rows = frame[[column.name, label]].dropna()
        if rows.empty:
            continue
        event = (rows[label] == max(rows[label].unique(), key=lambda v: (str(type(v)), v))).to_numpy()
        if rows[column.name].dtype.kind in "biuf":
            area = rank_area(rows[column.name].astype("float64"), event)
            yield column, Area(0.5) if np.isnan(area.auc) else area if area.auc >= 0.5 else area.turned()
        elif rows[column.name].nunique() <= MAX_LEVELS:
            yield column, rank_area(_share_of_others(rows[column.name], event), event)


def _share_of_others(levels: pd.Series[Any], event: Any) -> Any:
    """Return the share of events among the other rows with the same text, so that no row tells its own outcome."""
    codes, _ = levels.astype(str).factorize()
    events, rows = np.bincount(codes, weights=event), np.bincount(codes)
    others = rows[codes] - 1
    mean = event.mean()
    return np.where(others > 0, (events[codes] - event) / np.maximum(others, 1), mean)


def _evidence(column: Column, area: Area) -> str:
    unknown = "" if column.known_at_scoring else ", and nobody knows it when a new patient is scored"
    interval = "" if np.isnan(area.low) else f" (95 % {area.low:.3f} to {area.high:.3f})"
    return f"{column.name!r} alone ranks the outcomes with an AUC of {area.auc:.3f}{interval}{unknown}."


def _named(names: Any) -> str:
    return ", ".join(repr(n) for n in names)
