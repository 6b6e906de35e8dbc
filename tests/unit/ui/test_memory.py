"""Streamlit's collection after every rerun stays cheap."""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Iterator

import pytest

from hfcore.ui import memory


@pytest.fixture(autouse=True)
def _thaw(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory, "_settled", 0)
    yield
    gc.unfreeze()


def test_what_is_loaded_is_set_aside() -> None:
    """After settling, the collector's rounds leave out what is alive."""
    assert memory.settle()
    assert len(gc.get_objects()) < gc.get_freeze_count()


def test_settling_again_costs_nothing() -> None:
    """Without new modules nothing is collected or set aside again, so a session's own objects stay collectable."""
    memory.settle()
    frozen = gc.get_freeze_count()
    assert not memory.settle()
    assert gc.get_freeze_count() <= frozen


def test_late_imports_are_set_aside_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that loads plotly at its first visit is settled once more."""
    memory.settle()
    monkeypatch.setitem(sys.modules, "loaded_later", types.ModuleType("loaded_later"))
    assert memory.settle()
