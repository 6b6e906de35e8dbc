"""The side of the Ray executor that runs on the cluster: one process that works on one trial after another."""

from __future__ import annotations

import importlib
import os
import pickle
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class Elsewhere(Exception):
    """Where on the cluster an error was raised, as the text of its traceback."""


@dataclass(frozen=True)
class Answer:
    """What came of the work: its value, or its error and where that was raised."""

    value: Any = None
    error: Exception | None = None
    place: str = ""

    def raised(self) -> Exception | None:
        """Return the error, if any, with the place it was raised at as its cause."""
        if self.error is not None:
            self.error.__cause__ = Elsewhere(self.place)
        return self.error


class TrialWorker:
    """Works on what it is sent.

    Work and answers travel as pickled bytes: Ray would hand over arrays that cannot be written to, and learners
    would then take other paths than they do in a process of ours.
    """

    def __init__(self, preloaded: Sequence[str]) -> None:
        for name in preloaded:
            importlib.import_module(name)

    def ready(self) -> int:
        """Return the process's id once its imports are loaded."""
        return os.getpid()

    def work(self, parcel: bytes) -> bytes:
        """Do the work and return its Answer; an error that cannot travel becomes a RuntimeError of the same name."""
        try:
            call, args = pickle.loads(parcel)
            return pickle.dumps(Answer(call(*args)))
        except Exception as error:
            place = "".join(traceback.format_exception(error))
            return pickle.dumps(Answer(error=_movable(error), place=place))


def _movable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(type(error).__name__)
    return error


def answer_of(parcel: bytes) -> Answer:
    """Return the Answer that came back from `work`."""
    answer: Answer = pickle.loads(parcel)
    return answer
