"""Ports for the endpoints of one test run: two runs on one machine never share a range."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

RANGES = range(20_000, 32_000, 100)  # below the ports that Linux gives to outgoing connections


@contextmanager
def claimed_range() -> Iterator[int]:
    """Give the first port of a free range; its mark is a socket bound just before it, held until the end."""
    for first in RANGES:
        with socket.socket() as mark:
            try:
                mark.bind(("127.0.0.1", first))
            except OSError:
                continue
            yield first + 1
            return
    raise RuntimeError("every range of ports is in use by another test run")
