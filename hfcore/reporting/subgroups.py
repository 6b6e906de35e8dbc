"""Does the model do as well among women as among men, among the old as among the young: figures for groups of patients.

Intervals are in closed form, so that small groups cost nothing: the AUC by DeLong's variance (1988, Biometrics 44:837-845) on the
log odds of the AUC (Pepe 2003, ch. 5.2), the mean difference by its standard error, shares of counts by Wilson's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.ranks import rank_area
from hfcore.datasets.schema import Column, Schema
from hfcore.reporting.calibration import Z95, wilson_interval
from hfcore.reporting.report import Estimate, Subgroup

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
CUTS = 101
FEW_ROWS, FEW_OF_A_KIND = 50, 10
_MOST_VARIABLES = 8


@dataclass(frozen=True, eq=False)
class Group:
    """Who belongs to a group of patients: the variable that parts them, the group's name, a flag for each row of the table."""

    variable: str
    name: str
    members: Flags


def groups_of(frame: pd.DataFrame, schema: Schema) -> tuple[Group, ...]:
    """Return the groups of a table: yes and no of each yes/no column, bands of numbers.

    Bands are those that the schema gives. A table whose schema gives none is parted into thirds by its numbers. The label and
    what nobody knows of a new patient part nobody; at most eight variables do, in the table's order.
    """
    usable = [c for c in schema.features if c.known_at_scoring and c.name in frame.columns]
    banded = any(c.bands for c in usable)
    chosen = [c for c in usable if c.kind == "boolean" or c.bands or (not banded and c.kind in ("number", "integer"))]
    parted = [[g for g in _parted(_numbers(frame, c), c) if g.members.any()] for c in chosen]
    return tuple(g for groups in [p for p in parted if len(p) > 1][:_MOST_VARIABLES] for g in groups)


def _numbers(frame: pd.DataFrame, column: Column) -> Floats:
    return np.asarray(frame[column.name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def subgroup(group: Group, event: Flags, risk: Floats) -> Subgroup:
    """Return the figures of one group; `event` and `risk` belong to the same rows as its members."""
    truth, given = event[group.members], risk[group.members]
    rows, events = len(truth), int(truth.sum())
    below = np.searchsorted(np.sort(given[truth]), np.arange(CUTS) / (CUTS - 1), side="left")
    return Subgroup(
        variable=group.variable,
        name=group.name,
        rows=rows,
        events=events,
        auc=delong(truth, given),
        observed_less_predicted=_mean_difference(truth, given),
        missed=tuple(int(n) for n in below),
        few=rows < FEW_ROWS or min(events, rows - events) < FEW_OF_A_KIND,
    )


def missed_share(group: Subgroup, cut: float) -> Estimate | None:
    """Return the false-negative rate of a group at a cut (to the hundredth) with its Wilson interval; None without an event."""
    if not group.events or not group.missed:
        return None
    missed = group.missed[round(100 * cut)]
    return Estimate(missed / group.events, *wilson_interval(missed, group.events), method="Wilson")


def delong(truth: Flags, risk: Floats) -> Estimate | None:
    """Return the AUC with DeLong's 95 % interval; without bounds where it is 0 or 1, None where only one outcome happened."""
    area, method = rank_area(risk, truth), "DeLong, on the log odds"
    if np.isnan(area.auc):
        return None
    if np.isnan(area.low):
        return Estimate(area.auc, method=method)
    return Estimate(area.auc, area.low, area.high, method)


def _mean_difference(truth: Flags, risk: Floats) -> Estimate | None:
    """Return the share with the event minus the mean risk, with its 95 % interval by the standard error."""
    if len(truth) < 2:
        return None
    gap = truth - risk
    half = Z95 * float(gap.std(ddof=1)) / np.sqrt(len(gap))
    return Estimate(
        float(gap.mean()), float(gap.mean() - half), float(gap.mean() + half), "mean plus or minus 1.96 standard errors"
    )


def _parted(values: Floats, column: Column) -> Iterator[Group]:
    if column.kind == "boolean":
        for value, name in enumerate(column.choices or ("no", "yes")):
            yield Group(column.title, name, np.asarray(values == value))
        return
    known = values[np.isfinite(values)]
    cuts = column.bands or tuple(np.unique(np.quantile(known, (1 / 3, 2 / 3))).tolist() if len(known) else ())
    edges = (-np.inf, *cuts, np.inf)
    for low, high in pairwise(edges):
        yield Group(column.title, _band_name(low, high, column.unit), np.asarray((values >= low) & (values < high)))


def _band_name(low: float, high: float, unit: str) -> str:
    """Name a band: under 65 years, 65 to under 75 years, 75 years or more."""
    measure = f" {unit}" if unit else ""
    if low == -np.inf:
        return f"under {high:,.4g}{measure}"
    return f"{low:,.4g}{measure} or more" if high == np.inf else f"{low:,.4g} to under {high:,.4g}{measure}"


def subgroups(groups: Sequence[Group], rows: Any, event: Flags, risk: Floats) -> tuple[Subgroup, ...]:
    """Return the figures of every group with a member among the `rows` of the table to which `event` and `risk` belong."""
    kept = [Group(g.variable, g.name, g.members[rows]) for g in groups]
    return tuple(subgroup(g, event, risk) for g in kept if g.members.any())
