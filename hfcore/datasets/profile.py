"""The profile of a table: each column in figures, by outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hfcore.datasets.filled_in import FilledIn, filled_in_values
from hfcore.datasets.schema import Column, Schema
from hfcore.datasets.significance import cramers_v
from hfcore.datasets.validation import column_kind, infer_schema

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
MAX_BINS = 20
MOST_SEARCHED = 20_000
MOST_BINNED = 200_000
MAX_OUTCOMES = 20
MAX_CATEGORIES = 20


@dataclass(frozen=True)
class Summary:
    """Figures of one column over some rows; None where there is no value to compute from.

    `sd` is the sample standard deviation (n - 1); quartiles interpolate linearly; `share_yes` is
    the share of 1 or true in a yes/no column.
    """

    count: int
    missing: int
    mean: float | None = None
    sd: float | None = None
    minimum: float | None = None
    lower_quartile: float | None = None
    median: float | None = None
    upper_quartile: float | None = None
    maximum: float | None = None
    share_yes: float | None = None


@dataclass(frozen=True)
class Effect:
    """How far two outcomes differ in one column: positive when it is higher in the second outcome.

    `standardised` is Cohen's d with the pooled standard deviation (Cohen 1988, Statistical Power Analysis
    for the Behavioral Sciences, 2nd ed., ch. 2); for a yes/no column the difference in proportions over the
    root of the mean of both variances (Austin 2009, Commun Stat Simul Comput 38:1228-1234), so that both can be
    sorted together. `difference` is in the column's unit, or in proportions. For text it is Cramér's V (Cramér 1946,
    Mathematical Methods of Statistics, ch. 21), without a direction, taken for a correlation and turned into the d that
    goes with it (Cohen 1988, ch. 2); there is no difference then.
    """

    standardised: float
    difference: float | None = None
    cramers_v: float | None = None


@dataclass(frozen=True)
class Histogram:
    """Rows per bin and outcome: `edges` bound the bins of a number, `names` are the values of anything else.

    Numbers of more than 200,000 rows are not counted into bins.
    """

    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnProfile:
    """One column: figures over all rows and by outcome, effect between two outcomes, bins, odd values of 20,000 rows."""

    column: Column
    overall: Summary
    by_outcome: Mapping[str, Summary]
    histogram: Histogram
    effect: Effect | None = None
    filled_in: tuple[FilledIn, ...] = ()


@dataclass(frozen=True)
class TableProfile:
    """A table in figures. `outcomes` gives the rows per outcome, in the order of the label's values."""

    rows: int
    label: str | None
    outcomes: Mapping[str, int]
    columns: tuple[ColumnProfile, ...]

    def __getitem__(self, name: str) -> ColumnProfile:
        for profile in self.columns:
            if profile.column.name == name:
                return profile
        raise KeyError(f"No column is called {name!r}")

    @property
    def by_effect(self) -> tuple[ColumnProfile, ...]:
        """The columns other than the label, the one that separates the outcomes most first."""
        others = [p for p in self.columns if p.column.name != self.label]
        return tuple(sorted(others, key=lambda p: -abs(p.effect.standardised) if p.effect else 1.0))


def profile_table(frame: pd.DataFrame, schema: Schema | None = None, label: str | None = None) -> TableProfile:
    """Describe every column; `schema` is inferred and `label` taken from it when they are not given."""
    schema = schema or infer_schema(frame)
    label = label or (schema.label.name if schema.label and schema.label.name in frame.columns else None)
    groups = _groups(frame, schema, label)
    profiles = tuple(_profile(schema[c], frame[c], groups) for c in map(str, frame.columns) if c in schema)
    return TableProfile(
        rows=len(frame),
        label=label,
        outcomes={name: int(rows.sum()) for name, rows in groups.items()},
        columns=profiles,
    )


def _groups(frame: pd.DataFrame, schema: Schema, label: str | None) -> dict[str, npt.NDArray[np.bool_]]:
    """Which rows belong to which outcome; empty without a label of at most 20 values."""
    if label is None:
        return {}
    values = frame[label]
    choices = schema[label].choices if label in schema else None
    if choices and column_kind(values) == "boolean":
        found = {choices[0]: (values == 0).to_numpy(bool), choices[1]: (values == 1).to_numpy(bool)}
    else:
        distinct = sorted(values.dropna().unique().tolist(), key=lambda v: (str(type(v)), v))
        found = {str(v): (values == v).to_numpy(bool) for v in distinct} if len(distinct) <= MAX_OUTCOMES else {}
    return {name: rows for name, rows in found.items() if rows.any()}


def _profile(column: Column, values: pd.Series, groups: Mapping[str, npt.NDArray[np.bool_]]) -> ColumnProfile:
    kind = "category" if values.dtype.kind not in "biuf" else column.kind
    numbers = _floats(values) if kind != "category" else np.empty(0)
    if kind == "category":
        present = values.notna().to_numpy(bool)
        overall, each = _counted(present), [_counted(present[rows]) for rows in groups.values()]
        bins = _category_bins(values, groups)
    else:
        overall, each = _summary(kind, numbers), [_summary(kind, numbers[rows]) for rows in groups.values()]
        bins = _bins(kind, column, numbers, overall, groups)
    suspects = kind in ("number", "integer") and column.known_at_scoring
    return ColumnProfile(
        column=column,
        overall=overall,
        by_outcome=dict(zip(groups, each, strict=True)),
        histogram=bins,
        effect=_effect(kind, each, bins) if not column.is_label else None,
        filled_in=filled_in_values(numbers[:MOST_SEARCHED]) if suspects else (),
    )


def _floats(values: pd.Series) -> Floats:
    return np.asarray(values.to_numpy(dtype="float64", na_value=np.nan), dtype=np.float64)


def _counted(present: npt.NDArray[np.bool_]) -> Summary:
    return Summary(int(present.sum()), int((~present).sum()))


def _summary(kind: str, values: Floats) -> Summary:
    known = ~np.isnan(values)
    counted = _counted(known)
    if not counted.count:
        return counted
    numbers = values[known]
    mean = float(numbers.mean())
    if kind == "boolean":
        return replace(counted, mean=mean, share_yes=mean)
    sd = float(numbers.std(ddof=1)) if counted.count > 1 else None
    low, high = float(numbers.min()), float(numbers.max())
    q1, q2, q3 = (float(q) for q in np.quantile(numbers, (0.25, 0.5, 0.75), overwrite_input=True))
    return Summary(counted.count, counted.missing, mean, sd, low, q1, q2, q3, high)


def _effect(kind: str, outcomes: list[Summary], bins: Histogram) -> Effect | None:
    if len(outcomes) != 2:
        return None
    if kind == "category":
        return _effect_of_text(bins)
    first, second = outcomes
    if first.mean is None or second.mean is None:
        return None
    variance = _mean_variance(first, second) if kind == "boolean" else _pooled_variance(first, second)
    difference = second.mean - first.mean
    return Effect(difference / variance**0.5, difference) if variance > 0 else None


def _effect_of_text(bins: Histogram) -> Effect | None:
    many = len(bins.names) >= MAX_CATEGORIES  # the rarer values are not in the bins
    v = None if many or not bins.names else cramers_v(np.array([*bins.counts.values()]).T)
    return None if v is None else Effect(2 * v / max(1 - v * v, 1e-12) ** 0.5, cramers_v=v)


def _mean_variance(a: Summary, b: Summary) -> float:
    shares = [s.share_yes or 0.0 for s in (a, b)]
    return sum(p * (1 - p) for p in shares) / 2


def _pooled_variance(a: Summary, b: Summary) -> float:
    if a.count + b.count <= 2:
        return 0.0
    squares = sum((s.count - 1) * (s.sd or 0.0) ** 2 for s in (a, b))
    return squares / (a.count + b.count - 2)


def _bins(kind: str, column: Column, numbers: Floats, overall: Summary, groups: Mapping[str, npt.NDArray[np.bool_]]) -> Histogram:
    rows = groups or {"all": np.ones(len(numbers), dtype=bool)}
    if kind == "boolean":
        names = column.choices or ("no", "yes")
        return Histogram(names=names, counts={g: tuple(int((numbers[r] == v).sum()) for v in (0, 1)) for g, r in rows.items()})
    finite = np.isfinite(numbers)
    if not finite.any() or len(numbers) > MOST_BINNED:
        return Histogram()
    present = numbers[finite]
    whole = bool((present == np.floor(present)).all())
    edges = (
        _whole_edges(present, overall) if whole else np.linspace(present.min(), present.max(), _bin_count(present, overall) + 1)
    )
    span = (float(edges[0]), float(edges[-1]))
    counts = {g: np.histogram(numbers[r & finite], len(edges) - 1, span)[0] for g, r in rows.items()}
    return Histogram(tuple(edges.tolist()), counts={g: tuple(c.tolist()) for g, c in counts.items()})


def _bin_count(numbers: Floats, overall: Summary) -> int:
    """Return the number of bins by Freedman and Diaconis 1981 (Z Wahrscheinlichkeitstheorie 57:453-476), at most 20."""
    spread = (overall.upper_quartile or 0.0) - (overall.lower_quartile or 0.0)
    if not 0 < spread < np.inf:
        return MAX_BINS
    return max(1, min(MAX_BINS, int(np.ceil(float(np.ptp(numbers)) * len(numbers) ** (1 / 3) / (2 * spread)))))


def _whole_edges(numbers: Floats, overall: Summary) -> Floats:
    """Return edges half way between whole numbers, so that every bin holds equally many of them."""
    low, high = float(np.floor(numbers.min())), float(np.ceil(numbers.max()))
    width = float(np.ceil((high - low + 1) / _bin_count(numbers, overall)))
    return np.asarray(np.arange(low - 0.5, high + width, width), dtype=np.float64)


def _category_bins(values: pd.Series, groups: Mapping[str, npt.NDArray[np.bool_]]) -> Histogram:
    codes, found = values.factorize()
    known = codes >= 0
    often = np.argsort(-np.bincount(codes[known], minlength=len(found)), kind="stable")[:MAX_CATEGORIES]
    rows = groups or {"all": np.ones(len(values), dtype=bool)}
    counts = {g: np.bincount(codes[r & known], minlength=len(found))[often] for g, r in rows.items()}
    return Histogram(names=tuple(str(found[i]) for i in often), counts={g: tuple(c.tolist()) for g, c in counts.items()})
