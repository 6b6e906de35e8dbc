"""Are the patients who are scored like those a model was trained on? Population stability, column by column.

The population stability index sums (live share - training share) x ln(live share / training share) over the bins of a column
(Siddiqi 2006, Credit Risk Scorecards, ch. 6, with the customary limits 0.1 and 0.25). Chance alone gives about
(bins - 1) x (1/live + 1/training): the index over that factor follows a chi-squared distribution (Yurdakul and Naranjo 2020,
J Risk Model Validation 14(4)), so with few patients a large index means nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

MOST_BYTES = 1_000_000
SOME, MUCH = 0.1, 0.25
_Z99 = 2.3263478740408408
_EMPTY = 0.5  # what an empty bin counts, so that its share is not 0


@dataclass(frozen=True)
class Drift:
    """One column: its index, what chance stays under in 99 of 100 cases, and the counts per bin between `edges`."""

    column: str
    index: float
    chance: float
    edges: tuple[float, ...]
    training: tuple[int, ...]
    live: tuple[int, ...]

    @property
    def has_moved(self) -> bool:
        """True when the index is above 0.1 and above what chance explains."""
        return self.index > max(SOME, self.chance)


@dataclass(frozen=True)
class Inputs:
    """What an endpoint was asked to score since its server was started; `columns` are empty before `least_requests`."""

    requests: int
    least_requests: int
    columns: tuple[Drift, ...]


def read_inputs(uri: str, key: str | None = None, timeout_s: float = 1.0) -> Inputs | None:
    """Return an endpoint's account of its inputs, None when it gives none (another service, no key, no answer)."""
    where = urlsplit(uri)
    if where.scheme != "http":
        return None
    connection = HTTPConnection(where.hostname or "", where.port or 80, timeout=timeout_s)
    try:
        connection.request("GET", "/inputs", headers={"Authorization": f"Bearer {key}"} if key else {})
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES)
        return inputs_of(json.loads(body)) if answer.status == 200 else None
    except (OSError, HTTPException, ValueError, TypeError, KeyError):
        return None
    finally:
        connection.close()


def inputs_of(told: Mapping[str, Any]) -> Inputs:
    """Read the account that the service gives. Raises KeyError, TypeError or ValueError when it is none."""
    columns = tuple(
        drift(str(f["name"]), [float(e) for e in f["edges"]], [int(n) for n in f["training"]], [int(n) for n in f["live"]])
        for f in told["features"]
        if f["live"]
    )
    return Inputs(int(told["requests"]), int(told["least_requests"]), columns)


def drift(column: str, edges: Sequence[float], training: Sequence[int], live: Sequence[int]) -> Drift:
    """Return how far the live counts of a column are from the training counts, over the same bins."""
    index, bins = stability_index(training, live), len(training)
    return Drift(column, index, chance_limit(bins, sum(training), sum(live)), tuple(edges), tuple(training), tuple(live))


def stability_index(training: Sequence[int], live: Sequence[int]) -> float:
    """Return the population stability index of counts over the same bins; an empty bin counts as half a row."""
    before, now = _shares(training), _shares(live)
    return sum((n - b) * math.log(n / b) for b, n in zip(before, now, strict=True))


def _shares(counts: Sequence[int]) -> list[float]:
    filled = [c or _EMPTY for c in counts]
    return [c / sum(filled) for c in filled]


def chance_limit(bins: int, training: int, live: int) -> float:
    """Return what the index of a column that has not changed stays under in 99 of 100 cases; infinite for a single bin.

    The quantile of chi-squared is Wilson and Hilferty's (1931, Proc Natl Acad Sci 17:684-688).
    """
    if bins < 2 or not training or not live:
        return math.inf
    freedom = bins - 1
    part = 2 / (9 * freedom)
    quantile = freedom * (1 - part + _Z99 * math.sqrt(part)) ** 3
    return quantile * (1 / training + 1 / live)
