"""Fits that several trials ask for with the very same rows: done once for each process, as long as it is not long ago."""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")
MOST_KEPT = 32  # some trials' folds; what is kept is small beside the rows


def kept(fit: Callable[P, R]) -> Callable[P, R]:
    """Return the same function that remembers its last results by the content of its arguments.

    It must depend on nothing else, and nobody may change what it returns.
    """
    results: OrderedDict[bytes, R] = OrderedDict()

    @functools.wraps(fit)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        key = _digest([*args, *sorted(kwargs.items())])
        if key not in results:
            results[key] = fit(*args, **kwargs)
            while len(results) > MOST_KEPT:
                results.popitem(last=False)
        results.move_to_end(key)
        return results[key]

    return remembered


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
