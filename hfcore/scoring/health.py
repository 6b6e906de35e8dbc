"""Does an endpoint on this machine answer, and how quickly."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from hfcore.scoring.client import _is_loopback


def answer_ms(uri: str, timeout_s: float = 0.5) -> float | None:
    """Return the milliseconds that a service on this machine took to say that it is alive.

    Returns:
        None when it did not answer in time, NaN for a service elsewhere, which is not asked.
    """
    where = urlsplit(uri)
    if where.scheme != "http" or not _is_loopback(uri):
        return float("nan")
    connection = HTTPConnection(where.hostname or "", where.port or 80, timeout=timeout_s)
    started = time.perf_counter()
    try:
        connection.request("GET", "/livez")
        connection.getresponse().read(1_000)
        return (time.perf_counter() - started) * 1e3
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
