"""Kaplan-Meier survival with its 95 % band, overall or by a factor, with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.log_rank import log_rank
from hfcore.datasets.schema import Schema
from hfcore.datasets.validation import column_kind

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Z95 = 1.959963984540054
MOST_GROUPS = 5
MOST_TIMES = 10_000


@dataclass(frozen=True)
class SurvivalCurve:
    """Share of patients alive after each time, days, starting at 0 with everybody.

    `low` and `high` are the 95 % band from Greenwood's variance on the log-minus-log scale (Kalbfleisch and
    Prentice 2002, The Statistical Analysis of Failure Time Data, 2nd ed., ch. 1), NaN once nobody is alive.
    `at_risk[i]` patients were under observation just before `times[i]`. `median` is the first time at which at
    most half survive, None when more than half survive to the end.
    """

    name: str
    rows: int
    deaths: int
    times: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]
    median: float | None

    def at_risk_after(self, days: float) -> int:
        """Number of patients still under observation `days` after the start, those who leave that day included."""
        later = [n for t, n in zip(self.times, self.at_risk, strict=True) if t >= days]
        return later[0] if later else 0


def kaplan_meier(durations: Any, died: Any, name: str = "All patients") -> SurvivalCurve:
    """Estimate survival (Kaplan and Meier 1958, J Am Stat Assoc 53:457-481).

    Args:
        durations: Days under observation, one per patient, none missing; more than 10,000 different ones are rounded up.
        died: Whether the patient died at that time (else the observation just ended).
        name: What the group is called.
    """
    days = _bounded(np.asarray(durations, dtype=np.float64))
    events = np.asarray(died, dtype=bool)
    times, at_risk, deaths = _life_table(days, events)
    survival = np.cumprod(1.0 - deaths / np.maximum(at_risk, 1))
    low, high = _band(survival, at_risk, deaths)
    half = np.flatnonzero(survival <= 0.5)
    return SurvivalCurve(
        name=name,
        rows=len(days),
        deaths=int(events.sum()),
        times=tuple(times.tolist()),
        survival=tuple(survival.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        at_risk=tuple(at_risk.astype(int).tolist()),
        median=float(times[half[0]]) if len(half) else None,
    )


def _bounded(days: Floats) -> Floats:
    """Round times up to 10,000 steps of the follow-up where there are more different ones than that."""
    if len(days) <= MOST_TIMES or len(np.unique(days)) <= MOST_TIMES:
        return days
    step = float(days.max()) / MOST_TIMES
    return np.asarray(np.ceil(days / step) * step, dtype=np.float64)


def _life_table(days: Floats, died: npt.NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return the distinct times with 0 in front, the patients at risk just before each, and the deaths at each."""
    times = np.unique(np.concatenate([[0.0], days]))
    at_risk = len(days) - np.searchsorted(np.sort(days), times, side="left")
    deaths = np.zeros(len(times))
    np.add.at(deaths, np.searchsorted(times, days[died]), 1.0)
    return times, at_risk.astype(np.float64), deaths


def _band(survival: Floats, at_risk: Floats, deaths: Floats) -> tuple[Floats, Floats]:
    alive = at_risk - deaths
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(np.where(deaths > 0, deaths / (at_risk * alive), 0.0))
        log_survival = np.log(survival)
        spread = Z95 * np.sqrt(variance) / log_survival
        bounds = [np.exp(-np.exp(np.log(-log_survival) + sign * spread)) for sign in (-1.0, 1.0)]
    whole = survival >= 1.0
    return tuple(np.where(whole, 1.0, bound) for bound in bounds)  # type: ignore[return-value]


def median_follow_up(durations: Any, died: Any) -> float | None:
    """Return the median follow-up, days, by the reverse Kaplan-Meier method: deaths count as censored.

    Source: Schemper and Smith 1996, Controlled Clinical Trials 17:343-346.
    """
    return kaplan_meier(durations, ~np.asarray(died, dtype=bool)).median


def survival_by(
    frame: pd.DataFrame, factor: str, schema: Schema, *, time: str = "time", event: str = "DEATH_EVENT", cut: float | None = None
) -> tuple[SurvivalCurve, ...]:
    """Estimate survival in the two groups of a yes/no column, below and from a cut of a number, or by the values of text.

    Of text the five most frequent values make groups. Empty groups are left out.

    Args:
        frame: The table.
        factor: The column that makes the groups.
        schema: Names the groups and the unit.
        time: Column of the days under observation.
        event: Column that is 1 for a death.
        cut: Where to cut a number; its median when not given.
    """
    rows = _complete(frame, time, event, factor)
    groups = _groups(rows[factor], factor, schema, cut)
    return tuple(kaplan_meier(rows[time][chosen], rows[event][chosen] == 1, name) for name, chosen in groups if chosen.any())


def survival_difference(
    frame: pd.DataFrame, factor: str, schema: Schema, *, time: str = "time", event: str = "DEATH_EVENT", cut: float | None = None
) -> float | None:
    """Return the log-rank p value between the groups that `survival_by` makes; None with fewer than two, or without a death."""
    rows = _complete(frame, time, event, factor)
    codes = np.full(len(rows), -1)
    for code, (_, chosen) in enumerate(_groups(rows[factor], factor, schema, cut)):
        codes[chosen] = code
    known = codes >= 0
    return log_rank(rows[time].to_numpy()[known], (rows[event] == 1).to_numpy()[known], codes[known])


def _complete(frame: pd.DataFrame, time: str, event: str, factor: str) -> pd.DataFrame:
    return frame[list(dict.fromkeys((time, event, factor)))].dropna()


def _groups(values: pd.Series, factor: str, schema: Schema, cut: float | None) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    column = schema[factor]
    if column_kind(values) == "boolean":
        names = column.choices or ("no", "yes")
        if names == ("no", "yes"):
            names = (f"no {column.title.lower()}", column.title.lower())
        return [(names[0], (values == 0).to_numpy(bool)), (names[1], (values == 1).to_numpy(bool))]
    if column.kind == "category":
        texts = values.astype(str)
        return [(name, (texts == name).to_numpy(bool)) for name in texts.value_counts().index[:MOST_GROUPS]]
    at = float(values.median()) if cut is None else cut
    unit = f" {column.unit}" if column.unit else ""
    below = (values < at).to_numpy(bool)
    return [(f"{column.title} below {at:,.6g}{unit}", below), (f"{column.title} {at:,.6g}{unit} or more", ~below)]
