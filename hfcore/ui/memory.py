"""Keeping what is loaded once out of the garbage collector's rounds."""

from __future__ import annotations

import gc
import sys

_settled = 0


def settle() -> bool:
    """Set everything alive aside from garbage collection, when modules were loaded since the last time; tell whether.

    Streamlit collects all garbage after every rerun. With pandas, plotly and SQLAlchemy loaded each such round walks
    half a million objects that never go: measured here, 90 of the 100 processor milliseconds of a rerun.
    """
    global _settled
    if len(sys.modules) <= _settled:
        return False
    _settled = len(sys.modules)
    gc.collect()
    gc.freeze()
    return True
