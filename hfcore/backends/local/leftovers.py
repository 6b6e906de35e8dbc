"""Folders of models and endpoints whose making or deleting was cut off before the store knew of it."""

from __future__ import annotations

import contextlib
import time

from sqlalchemy import select

from hfcore.backends.local.files import remove_tree
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints, models

OLD_S = 3600.0  # younger ones may be in the making


def remove_leftovers(store: Store) -> int:
    """Remove folders that are an hour old and that no row names; return how many that were."""
    removed = 0
    for table in (models, endpoints):
        folder = store.home / table.name
        old = [path for path in folder.iterdir() if _age_s(path.stat().st_mtime) > OLD_S] if folder.is_dir() else []
        if not old:
            continue
        with store.read() as connection:
            named = {str(row.id) for row in connection.execute(select(table.c.id))}
        for path in old:
            if path.name not in named:
                with contextlib.suppress(FileNotFoundError):  # another workspace was opened at the same moment
                    remove_tree(path)
                removed += 1
    return removed


def _age_s(moment: float) -> float:
    return time.time() - moment
