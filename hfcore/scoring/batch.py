"""Many rows as requests of a size that every service takes, in order."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hfcore.scoring.payload import Row

ROWS_PER_REQUEST = 2_000
MOST_BODY_BYTES = 1_800_000
LONGEST_WAIT_S = 60.0

Progress = Callable[[int, int], bool | None]
"""Called after every request with the rows scored so far and all rows; returning False stops before the next one."""


@dataclass(frozen=True)
class Batch:
    """The body of one request; `first` is the number of rows before it."""

    first: int
    rows: int
    body: bytes


def batches(rows: Sequence[Row], method: str, version: int) -> Iterator[Batch]:
    """Yield requests of at most 2,000 rows and 1.8 MB, so that wide tables are taken as well as long ones."""
    for start in range(0, len(rows), ROWS_PER_REQUEST):
        yield from _split(rows[start : start + ROWS_PER_REQUEST], start, method, version)


def _split(rows: Sequence[Row], first: int, method: str, version: int) -> Iterator[Batch]:
    """Yield one request, or two halves of one that would be too large."""
    body = json.dumps(_request(rows, method, version), allow_nan=False).encode()
    if len(body) <= MOST_BODY_BYTES or len(rows) == 1:
        yield Batch(first, len(rows), body)
        return
    half = len(rows) // 2
    yield from _split(rows[:half], first, method, version)
    yield from _split(rows[half:], first + half, method, version)


def _request(rows: Sequence[Row], method: str, version: int) -> dict[str, Any]:
    """Return the request of a version of the scoring contract."""
    if version == 2:
        return {"Inputs": {"data": rows}, "GlobalParameters": {"method": method}}
    return {"data": rows, "method": method}


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Return how many seconds a busy service asks to wait, told as a number or as a date; None when it does not tell."""
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header, now or datetime.now(UTC))
    return min(max(seconds, 0.0), LONGEST_WAIT_S) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(date)
        return (moment - now).total_seconds() if moment.tzinfo else math.nan
    except ValueError:
        return math.nan
