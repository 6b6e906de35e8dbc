"""What a page does when something fails: a sentence for the reader, never a traceback."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from hfcore.errors import HfError
from hfcore.ui.words import literal

log = logging.getLogger("hfcore.ui")


@contextmanager
def guard() -> Iterator[None]:
    """Show an expected error as its sentence, an unforeseen one as an id that the log also holds.

    Streamlit's own control flow (stop, rerun, switch page) passes through untouched.
    """
    try:
        yield
    except HfError as error:
        show(error)
    except Exception as error:
        reference = uuid.uuid4().hex[:8]
        # The message may quote a cell, so the log keeps the kind of error and the place, not the text.
        log.error("unforeseen error %s: %s at %s", reference, type(error).__name__, _place(error))
        st.error(
            f"Something failed here that was not foreseen. Reload the page; if it happens again, report the reference "
            f"{reference} ({type(error).__name__} at {_place(error)}).",
            icon=":material/error:",
        )


def show(error: HfError) -> None:
    """Draw an expected error: what is wrong, then what to do."""
    hint = f"\n\n{literal(error.hint)}" if error.hint else ""
    st.error(literal(error.message) + hint, icon=":material/error:")


def _place(error: BaseException) -> str:
    """Return file and line where `error` was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
