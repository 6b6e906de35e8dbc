"""Pages without a browser: AppTest starts at app.py, whose frame every page keeps, and switches to the page.

`open_page("runs", run="...")` opens a page on the local backend of the test's own home; with the fixture `memory`
in use it opens it on a workspace in memory, which can be in any state at once. Caches outlive an AppTest, so each
test starts and ends with none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from hfcore.ui import navigation, session
from tests.fakes.workspace import MemoryWorkspace
from tests.pages.seen import sound

ROOT = Path(__file__).parents[2]
OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _no_cache_from_another_test() -> Iterator[None]:
    """Forget open workspaces and cached figures before and after each test."""
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryWorkspace:
    """A workspace in memory that every page of this test opens."""
    workspace = MemoryWorkspace()
    monkeypatch.setattr(session, "connect", lambda backend, **options: workspace)
    return workspace


@pytest.fixture
def open_page() -> OpenPage:
    """Open a page by name with ids in its address; fail when anything unforeseen happens on it."""

    def opened(name: str, **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        for key, value in query.items():
            app.query_params[key] = value
        return sound(app.switch_page(navigation.path(name)).run())

    return opened
