"""The real worker, struck once by a fault at a chosen step: `strike.json` in the home folder says which and where."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hfcore.backends.local import files, heartbeat, shift
from hfcore.backends.local.attempt import Attempt
from hfcore.backends.local.journal import Journal
from hfcore.backends.local.worker import main

MODULE = "tests.fakes.struck_worker"
ORDER = "strike.json"
_beating = threading.Lock()


def order(home: Path, step: str, count: int, strike: str) -> None:
    """Have the next worker in `home` struck when it comes to `step` for the `count`-th time."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ORDER).write_text(json.dumps({"step": step, "count": count, "strike": strike}))


def _strike(kind: str) -> None:
    if kind == "disk full":
        raise OSError(28, "No space left on device")
    os.kill(os.getpid(), {"kill": signal.SIGKILL, "pause": signal.SIGSTOP}[kind])


def _beat_one_at_a_time() -> None:
    real = heartbeat.beat

    def beat(*args: Any) -> None:
        with _beating:
            real(*args)

    heartbeat.beat = beat


def _before(place: Any, name: str, count: int, strike: Callable[[tuple[Any, ...]], None]) -> None:
    """Strike just before `place.name` is called for the `count`-th time."""
    real, left = getattr(place, name), [count]

    def struck(*args: Any, **values: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            strike(args)
        return real(*args, **values)

    setattr(place, name, struck)


def _arm(step: str, count: int, kind: str) -> None:
    def half_written(args: tuple[Any, ...]) -> None:
        path, data, _ = args
        path.write_bytes(data[: len(data) // 2])
        _strike(kind)

    def in_transaction(args: tuple[Any, ...]) -> None:
        _strike(kind)

    def between_beats(args: tuple[Any, ...]) -> None:
        with _beating:  # the heartbeat's thread is in no transaction: a pause there would keep the store's write lock
            _strike(kind)

    places: dict[str, tuple[Any, str, Callable[[tuple[Any, ...]], None]]] = {
        "claim": (shift, "claim", between_beats),
        "artifact write": (files, "_write_through", half_written),
        "commit": (Journal, "_standing", in_transaction),
        "trial": (Journal, "start", between_beats),
        "comparison": (Attempt, "_tell_fits", between_beats),
        "winner": (Journal, "complete", between_beats),
    }
    _beat_one_at_a_time()
    place, name, strike = places[step]
    _before(place, name, count, strike)


if __name__ == "__main__":
    waiting = Path(sys.argv[1]) / ORDER
    if waiting.exists():
        told = json.loads(waiting.read_text())
        waiting.unlink()
        _arm(told["step"], told["count"], told["strike"])
    sys.exit(main(sys.argv[1:]))
