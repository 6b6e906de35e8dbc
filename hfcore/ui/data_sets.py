"""The data sets of a workspace in the order in which they are offered."""

from __future__ import annotations

from hfcore.datasets.dataset import Dataset
from hfcore.workspace import DEFAULT_DATASET, Workspace


def shipped_first(ws: Workspace) -> list[Dataset]:
    """Return the current version of every data set: the shipped one, then the others by name."""
    return sorted(ws.datasets(), key=lambda data: data.name != DEFAULT_DATASET)
