"""Folders that a crash left behind go; what is in use or in the making stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hfcore.backends.local.leftovers import remove_leftovers
from hfcore.backends.local.store import Store
from tests.unit.backends.local.models_in_store import add_model


def test_only_old_folders_without_a_row_are_removed(home: Path) -> None:
    """A folder that no row names is removed once it is an hour old; named and young ones stay."""
    store = Store.open(home)
    add_model(store)
    folders = [home / "models" / "model-1", home / "models" / "cut-off", home / "endpoints" / "cut-off"]
    young = home / "endpoints" / "in-the-making"
    for folder in (*folders, young):
        folder.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        os.utime(folder, (time.time() - 7200,) * 2)
    assert remove_leftovers(store) == 2
    assert sorted(p.name for p in home.glob("[me][on]*s/*")) == ["in-the-making", "model-1"]
    store.close()
