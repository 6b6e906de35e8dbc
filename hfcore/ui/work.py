"""Work that makes something far away: begun once however often it is asked for, and waited for without holding the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar

import streamlit as st

from hfcore.ui import waiting

T = TypeVar("T")
SLICE_S = 0.2


class Work:
    """The work of one kind that this browser session has begun; kept as one object and changed in place."""

    def __init__(self) -> None:
        self.future: Future[Any] | None = None
        self.begun = 0.0
        self.doing = ""

    def begin(self, doing: str, work: Callable[[], T]) -> None:
        """Start the work in a thread, unless it is under way already: a second click waits for the first one's."""
        if self.future is not None:
            return
        future: Future[T] = Future()
        self.future, self.begun, self.doing = future, time.monotonic(), doing
        threading.Thread(target=_do, args=(future, work), daemon=True).start()

    def wait(self) -> Any:
        """Return what the work has given and forget it. Raises its error; a click elsewhere leaves it under way."""
        while self.future is not None:
            try:
                result = self.future.result(timeout=SLICE_S)
            except FutureTimeout:
                if not self.future.done():
                    waiting.tell(self.doing, time.monotonic() - self.begun)
                    continue
                self.future = None
                raise
            except BaseException:
                self.future = None
                raise
            self.future = None
            return result
        return None


def _do(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # handed over to whoever waits
        future.set_exception(error)


def of(kind: str) -> Work:
    """Return this session's work of a kind."""
    work: Work = st.session_state.setdefault(f"work-{kind}", Work())
    return work
