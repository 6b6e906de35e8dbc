"""A Cox model of a table: which columns go with earlier death, all others held equal, and whether that may be said."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hfcore.datasets import cox
from hfcore.datasets.columns import numbers
from hfcore.datasets.follow_up import FollowUp
from hfcore.datasets.schema import Column, Schema
from hfcore.datasets.survival import Z95
from hfcore.datasets.tails import normal_two_sided

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
MOST_TERMS = 20
MOST_LEVELS = 5
MOST_MISSING = 0.2
MOST_ROWS = 10_000


@dataclass(frozen=True)
class HazardRatio:
    """One term of the model, the other terms held equal.

    `ratio` says how many times as many die per day, for `step` more of a number or for one value of yes/no or text against
    another, as `contrast` says; `low` and `high` are its 95 % interval, `p` is Wald's. `changes_p` is small when the ratio
    changes during follow-up.
    """

    column: str
    contrast: str
    step: float
    ratio: float
    low: float
    high: float
    p: float
    changes_p: float


@dataclass(frozen=True)
class CoxModel:
    """The terms by p, the patients and deaths behind them, and Harrell's concordance.

    `left_out` names columns with the reason; `of_rows` is larger than `rows` where patients with a missing value, or all but a
    random 10,000, were not used.
    """

    terms: tuple[HazardRatio, ...]
    rows: int
    of_rows: int
    deaths: int
    concordance: float | None
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Term:
    column: str
    contrast: str
    step: float
    values: Floats


def cox_model(frame: pd.DataFrame, names: Iterable[str], schema: Schema, times: FollowUp) -> CoxModel:
    """Fit the columns `names` together, the first 20 terms of them.

    Raises:
        NotEstimable: nobody died, or no column can be used.
    """
    wanted = list(names)
    used = frame.dropna(subset=[times.time, times.event])
    left_out = {n: reason for n in wanted if (reason := _unusable(used[n], schema[n]))}
    used = used.dropna(subset=[n for n in wanted if n not in left_out])
    if len(used) > MOST_ROWS:
        used = used.sample(MOST_ROWS, random_state=0)
    left_out |= {n: "it has one value only" for n in wanted if n not in left_out and used[n].nunique() < 2}
    terms = [t for n in wanted if n not in left_out for t in _terms(used[n], schema[n])]
    left_out |= {t.column: f"the model holds {MOST_TERMS} terms" for t in terms[MOST_TERMS:]}
    terms = [t for t in terms if t.column not in left_out]
    if not terms:
        raise cox.NotEstimable("no column can be used")
    days, died = numbers(used[times.time]), numbers(used[times.event]) == 1
    columns = np.stack([t.values for t in terms], axis=1)
    found = cox.fit(days, died, columns)
    return CoxModel(
        terms=_ratios(terms, found),
        rows=len(used),
        of_rows=len(frame),
        deaths=int(died.sum()),
        concordance=cox.concordance(days, died, columns @ found.coefficients),
        left_out=tuple(left_out.items()),
    )


def _unusable(values: pd.Series, column: Column) -> str:
    if (column.kind == "category" or values.dtype.kind not in "biuf") and values.nunique() > MOST_LEVELS:
        return f"it has more than {MOST_LEVELS} different values"
    if float(values.isna().mean()) > MOST_MISSING:
        return f"more than {100 * MOST_MISSING:.0f} % of its values are missing"
    return ""


def _terms(values: pd.Series, column: Column) -> list[_Term]:
    if values.dtype.kind in "biuf":
        figures = numbers(values)
        if column.kind == "boolean":
            no, yes = column.choices or ("no", "yes")
            return [_Term(column.name, f"{yes} against {no}", 1.0, figures)]
        step = round_step(float(figures.std()))
        unit = f" {column.unit}" if column.unit else ""
        return [_Term(column.name, f"per {step:,.10g}{unit}", step, figures)]
    levels = values.astype(str)
    usual, *others = levels.value_counts().index.tolist()
    return [_Term(column.name, f"{n} against {usual}", 1.0, (levels == n).to_numpy(np.float64)) for n in others]


def round_step(spread: float) -> float:
    """Return the number 1, 2 or 5 times a power of ten that is nearest to a standard deviation."""
    power = 10.0 ** math.floor(math.log10(spread))
    return min((power * m for m in (1, 2, 5, 10)), key=lambda s: abs(math.log(s / spread)))


def _ratios(terms: list[_Term], found: cox.CoxFit) -> tuple[HazardRatio, ...]:
    changes = cox.proportionality(found)
    made = []
    for term, log_ratio, error, changes_p in zip(terms, found.coefficients, found.errors, changes, strict=True):
        low, high = (math.exp((log_ratio + sign * Z95 * error) * term.step) for sign in (-1, 1))
        ratio, p = math.exp(log_ratio * term.step), normal_two_sided(log_ratio / error)
        made.append(HazardRatio(term.column, term.contrast, term.step, ratio, low, high, p, float(changes_p)))
    return tuple(sorted(made, key=lambda r: r.p))
