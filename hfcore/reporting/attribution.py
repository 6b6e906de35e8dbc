"""Why one patient got this risk: what each variable adds to the average risk, from nothing but a predict function.

These are Shapley values (Strumbelj and Kononenko 2014, Knowl Inf Syst 41:647-665; Lundberg and Lee 2017, Adv Neural Inf Process
Syst 30:4765-4774) with the variables that are "not known" taken from other patients, one after another. Against one such patient
only the variables in which the two differ can matter. Where those are few, every combination of them is predicted and the
values are exact; else they are walked through in random orders, each order there and back (antithetic; Mitchell et al. 2022,
J Mach Learn Res 23:1-46). Either way the contributions add up to the prediction less the average. With the 299 heart failure
patients and 11 variables that is some 4,000 rows; through `ScoringClient` they cost 0.2 s of processor time here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.errors import InvalidInput, ScoringFailed

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
Predict = Callable[["pd.DataFrame"], Any]
"""Takes rows of the model's columns, returns the probability of the event for each."""
MOST_ROWS = 6_000
MOST_BACKGROUND = 300
_ROWS_PER_CALL = 10_000


@dataclass(frozen=True)
class Contribution:
    """What one variable adds to the average risk: `amount` is a difference in probability, `value` is the patient's.

    `error` is the standard error of `amount`: how far it would move with as many other patients to compare with.
    """

    feature: str
    value: Any
    amount: float
    error: float


@dataclass(frozen=True)
class Attribution:
    """One patient's prediction taken apart: `base` plus every contribution is `prediction`, all as probabilities.

    `base` is the mean prediction over the `background` patients compared with; `rows` were predicted in `calls` calls. `exact`
    tells whether every combination was tried, so that `error` comes from the choice of the background alone.
    """

    base: float
    prediction: float
    contributions: tuple[Contribution, ...]
    background: int
    rows: int
    calls: int
    exact: bool

    @property
    def by_size(self) -> tuple[Contribution, ...]:
        """The contributions, the largest in either direction first."""
        return tuple(sorted(self.contributions, key=lambda c: -abs(c.amount)))


def attribute(
    predict: Predict, patient: Mapping[str, Any], background: pd.DataFrame, *, most_rows: int = MOST_ROWS, seed: int = 0
) -> Attribution:
    """Take one patient's prediction apart into what each variable adds.

    Args:
        predict: The model, as a function of rows that have the columns of `background`.
        patient: One value for each of those columns; further ones are not looked at.
        background: Patients to compare with, in the model's columns and nothing else; rows that the model accepts.
        most_rows: How many rows may be predicted in all, about; so many are enough for all combinations or they are drawn.
        seed: Seed of what is drawn.

    Raises:
        InvalidInput: the patient lacks a column, or there is nobody to compare with.
        ScoringFailed: `predict` does not give one finite number per row.
    """
    _check(patient, background)
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(background))[:MOST_BACKGROUND]
    mixed = _Mixed(patient, background.iloc[drawn])
    differs = mixed.codes[1:] != mixed.codes[0]
    differs = differs[: _affordable(differs, most_rows)]
    combinations = 2.0 ** differs.sum(axis=1)
    limit = most_rows if combinations.sum() <= most_rows else most_rows // len(differs)
    plans = [_plan(d, limit, rng) for d in differs]
    risks, rows, calls = mixed.predicted(predict, [masks for masks, _ in plans])
    each = np.array([weights @ risk for (_, weights), risk in zip(plans, risks, strict=True)])
    spread = each.std(axis=0, ddof=1) / len(each) ** 0.5 if len(each) > 1 else np.full(len(mixed.names), np.nan)
    return Attribution(
        base=float(np.mean([risk[0] for risk in risks])),
        prediction=float(risks[0][-1]),
        contributions=tuple(
            Contribution(name, patient[name], float(amount), float(error))
            for name, amount, error in zip(mixed.names, each.mean(axis=0), spread, strict=True)
        ),
        background=len(each),
        rows=rows,
        calls=calls,
        exact=bool((combinations <= max(limit, 2)).all()),
    )


def complete_rows(frame: pd.DataFrame, features: Sequence[str]) -> pd.DataFrame:
    """Return the patients of a table that a served model accepts: its columns, without those who lack a number."""
    from hfcore.datasets.columns import is_number

    chosen = frame[list(features)]
    return chosen.dropna(subset=[name for name in chosen.columns if is_number(chosen[name])])


def _check(patient: Mapping[str, Any], background: pd.DataFrame) -> None:
    missing = [str(name) for name in background.columns if name not in patient]
    if missing:
        raise InvalidInput({name: f"The patient has no value for {name!r}." for name in missing})
    if not len(background):
        raise InvalidInput({"background": "There is no patient to compare with."})


def _affordable(differs: Flags, most_rows: int) -> int:
    """Return with how many of those drawn, in their order, the patient can be compared: each needs a walk there and back."""
    places = differs.sum(axis=1)
    walks = np.where(places < 2, 1, np.minimum(2.0**places - 1, 2 * places - 1))  # the patient's own row is shared
    return max(1, int((np.cumsum(walks) < most_rows).sum()))


def _plan(differs: Flags, limit: int, rng: np.random.Generator) -> tuple[Flags, Floats]:
    """Say which mixtures of the patient with one other are predicted, and how their risks add up to contributions.

    Returns masks (mixtures by variables, true where the value is the patient's; the first is the other one, the last the
    patient) and weights (variables by mixtures).
    """
    places = np.flatnonzero(differs)
    few = len(places) < 2 or 2.0 ** len(places) <= limit
    masks, weights = _everything(len(places)) if few else _walks(len(places), limit, rng)
    wide_masks = np.zeros((len(masks), len(differs)), dtype=bool)
    wide_masks[:, places] = masks
    wide_masks[-1] = True
    wide_weights = np.zeros((len(differs), len(masks)))
    wide_weights[places] = weights
    return wide_masks, wide_weights


@cache
def _everything(count: int) -> tuple[Flags, Floats]:
    """Return all mixtures in `count` variables, and Shapley's weights of each (Shapley 1953, Ann Math Stud 28:307-317)."""
    masks = (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1
    sizes = masks.sum(axis=1)
    share = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)] + [0.0])
    weights = np.where(masks.T, share[sizes - 1], -share[sizes])
    return masks, weights


def _walks(count: int, limit: int, rng: np.random.Generator) -> tuple[Flags, Floats]:
    """Return the mixtures on random orders there and back, as many as `limit` allows and one at least."""
    pairs = max(1, (limit - 2) // (2 * (count - 1)))
    there = rng.permuted(np.tile(np.arange(count), (pairs, 1)), axis=1)
    orders = np.concatenate([there, there[:, ::-1]])
    known = orders.argsort(axis=1)[:, None, :] < np.arange(1, count)[:, None]  # orders, steps, variables
    masks = np.concatenate([np.zeros((1, count), dtype=bool), known.reshape(-1, count), np.ones((1, count), dtype=bool)])
    places = np.zeros((len(orders), count + 1), dtype=np.intp)
    places[:, 1:-1] = np.arange(1, len(masks) - 1).reshape(len(orders), -1)
    places[:, -1] = len(masks) - 1
    weights = np.zeros((count, len(masks)))
    np.add.at(weights, (orders, places[:, 1:]), 1.0 / len(orders))
    np.add.at(weights, (orders, places[:, :-1]), -1.0 / len(orders))
    return masks, weights


class _Mixed:
    """The patient (row 0) and those compared with, whose values can be mixed column by column."""

    def __init__(self, patient: Mapping[str, Any], background: pd.DataFrame) -> None:
        import pandas as pd

        self.names = tuple(background.columns)
        self.columns = [pd.Series([patient[name], *background[name].tolist()]) for name in self.names]
        self.codes: Ints = np.column_stack([column.factorize(use_na_sentinel=False)[0] for column in self.columns])

    def predicted(self, predict: Predict, masks: Sequence[Flags]) -> tuple[list[Floats], int, int]:
        """Return the risk of each mixture, by background patient; every different row is predicted once."""
        owner = np.repeat(np.arange(len(masks)) + 1, [len(m) for m in masks])
        source = np.where(np.concatenate(masks), 0, owner[:, None])
        codes = self.codes[source, np.arange(len(self.names))]
        _, first, places = np.unique(codes, axis=0, return_index=True, return_inverse=True)
        parts = [first[i : i + _ROWS_PER_CALL] for i in range(0, len(first), _ROWS_PER_CALL)]
        risks = np.concatenate([_asked(predict, self._rows(source[part])) for part in parts])
        cuts = np.cumsum([len(m) for m in masks])[:-1]
        return np.split(risks[places.ravel()], cuts), len(first), len(parts)

    def _rows(self, source: Ints) -> pd.DataFrame:
        import pandas as pd

        columns = [column.take(source[:, i]).reset_index(drop=True) for i, column in enumerate(self.columns)]
        return pd.concat(columns, axis=1, keys=self.names)


def _asked(predict: Predict, rows: pd.DataFrame) -> Floats:
    risks = np.asarray(predict(rows), dtype=np.float64)
    if risks.shape != (len(rows),) or not np.isfinite(risks).all():
        raise ScoringFailed(f"The model did not give one probability for each of {len(rows):,} rows.")
    return risks
