"""The log of the scoring service: which route, which status, how long; never a value, a key, a query or a body."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType

MOST_BYTES = 5_000_000
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


def log_request(method: str, route: str, status: int, rows: int, seconds: float, request_id: str) -> None:
    """Write one line about a request that has been answered; `route` is a known path, never what was sent."""
    log.info("%s %s %d rows=%d %.1f ms id=%s", method, route, status, rows, seconds * 1e3, request_id)
