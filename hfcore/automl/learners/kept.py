"""Fits that several trials of a search ask for with the very same rows: done once for each process, if it is not long ago."""

from __future__ import annotations

import functools
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
MOST_KEPT = 32  # some trials' folds; what is kept is small beside the rows

_results: OrderedDict[bytes, Any] = OrderedDict()
_turn = threading.Lock()


def kept(fit: Callable[P, R]) -> Callable[P, R]:
    """Return the same function that remembers its last results by the content of its arguments.

    It must depend on nothing else, and nobody may change what it returns.
    """

    @functools.wraps(fit)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        key = _digest([fit.__module__, fit.__qualname__, *args, *sorted(kwargs.items())])
        with _turn:
            if key in _results:
                _results.move_to_end(key)
                found: R = _results[key]
                return found
        made = fit(*args, **kwargs)
        with _turn:
            _results[key] = made
            while len(_results) > MOST_KEPT:
                _results.popitem(last=False)
        return made

    return remembered


def forget() -> None:
    """Forget every result; a search begins with this.

    What this process fitted outside a search may have been fitted on several threads, which give other last digits.
    """
    with _turn:
        _results.clear()


def _digest(arguments: list[Any]) -> bytes:
    """Return a hash of plain values and arrays."""
    told = hashlib.blake2b(digest_size=16)
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            told.update(f"{argument.dtype} {argument.shape} ".encode())
            told.update(np.ascontiguousarray(argument).data)
        else:
            told.update(repr(argument).encode())
    return told.digest()
