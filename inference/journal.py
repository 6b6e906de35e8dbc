"""The log of the scoring service: which route, which status, how long; never a value, a key, a query or a body."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
import traceback
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

MOST_BYTES = 5_000_000
MOST_UNWRITTEN = 50
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

log = logging.getLogger("inference")


class ValueFreeFormatter(logging.Formatter):
    """Writes an exception as its class and where it happened; its message may hold a value and is left out."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, never with the text another formatter has kept for its exception."""
        record.exc_text = None
        line = super().format(record)
        record.exc_text = None
        return line

    def formatException(self, ei: _ExcInfo) -> str:
        """Return class and frames of an exception and of what caused it."""
        error, lines = ei[1], []
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            lines.append(type(error).__name__)
            lines.extend(f"  {Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames)
            error = error.__cause__ or error.__context__
        return "\n".join(lines)


def open_log(path: Path | None, shared: bool = False) -> None:
    """Send every record of this process to `path` (two files of 5 MB at most), or to stderr.

    A `shared` log is written by several processes; one of them keeps it short, the others notice.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if path is not None and shared:
        handler = logging.handlers.WatchedFileHandler(path, encoding="utf-8")
    elif path is not None:
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8")
    formatter = ValueFreeFormatter("%(asctime)s %(levelname)s %(message)s")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    log.setLevel(logging.INFO)


def keep_log_short(path: Path | None) -> None:
    """Put a log aside that has reached 5 MB, in the place of the one put aside before."""
    if path is not None and path.exists() and path.stat().st_size >= MOST_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))


class Served(NamedTuple):
    """What the log says of one request: `route` is a known path, never what was sent; `at` is seconds since the epoch."""

    at: float
    method: str
    route: str
    status: int
    rows: int
    seconds: float
    id: str

    def __str__(self) -> str:
        _, method, route, status, rows, seconds, request_id = self
        return f"{method} {route} {status} rows={rows} {seconds * 1e3:.1f} ms id={request_id}"


_served: list[Served] = []


def log_request(served: Served) -> None:
    """Note one request that has been answered; it is written with the others of the same moment."""
    _served.append(served)
    if len(_served) >= MOST_UNWRITTEN:
        write_requests()


def write_requests() -> None:
    """Write a line about every request that was noted since last time."""
    if not _served:
        return
    first, *rest = _served
    lines = [str(first), *(f"{_stamp(s.at)} INFO {s}" for s in rest)]
    _served.clear()
    record = log.makeRecord(log.name, logging.INFO, __file__, 0, "%s", ("\n".join(lines),), None)
    record.created, record.msecs = first.at, (first.at % 1) * 1000
    if log.isEnabledFor(logging.INFO):
        log.handle(record)


def _stamp(at: float) -> str:
    """Return a time as every line of the log begins."""
    return f"{_second(int(at))}.{int(at % 1 * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(at: int) -> str:
    return time.strftime(ValueFreeFormatter.default_time_format, time.gmtime(at))
