"""How the rows that are scored are spread over the bins of the training rows: counts per bin, never a value."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from inference.board import INPUT_CELLS, Board
from inference.score import Matrix

Row = tuple[float, ...]
FEW_ROWS = 4
MOST_KEPT = 200
LEAST_REQUESTS = 50


class Bins(NamedTuple):
    """One feature's bins: its column, the edges between them, where its counts begin, and how many training rows each held."""

    name: str
    column: int
    edges: list[float]
    first: int
    training: list[int]


def bins_of(manifest: Mapping[str, Any]) -> list[Bins]:
    """Return the bins that a manifest tells, of as many features as there is room for; cell 0 counts requests."""
    kept = manifest.get("input_bins", {})
    told = [(i, f["name"], kept[f["name"]]) for i, f in enumerate(manifest["features"]) if kept.get(f["name"])]
    firsts = accumulate((len(bins["edges"]) + 1 for _, _, bins in told), initial=1)
    found = []
    for (column, name, bins), first in zip(told, firsts, strict=False):
        if first + len(bins["edges"]) + 1 <= INPUT_CELLS:
            edges, training = [float(e) for e in bins["edges"]], [int(n) for n in bins["rows"]]
            found.append(Bins(str(name), column, edges, first, training))
    return found


class Tally:
    """Counts the scored rows of one worker; small requests are kept and counted together, four times a second.

    Args:
        cells: The worker's cells on the board.
        manifest: The model's manifest.
    """

    def __init__(self, cells: memoryview[float], manifest: Mapping[str, Any]) -> None:
        self._cells = cells
        self._bins = bins_of(manifest)
        self._turn = threading.Lock()  # large requests are scored in a thread of their own
        self._kept: list[Matrix | Row] = []

    def count(self, rows: Matrix | Row) -> None:
        """Count the rows of one request, or the values of its one row: many at once, else with those of the same moment."""
        with self._turn:
            self._kept.append(rows)
            at_once = (not isinstance(rows, tuple) and len(rows) > FEW_ROWS) or len(self._kept) >= MOST_KEPT
        if at_once:
            self.settle()

    def settle(self) -> None:
        """Count what was kept."""
        with self._turn:
            kept, self._kept = self._kept, []
            if kept:
                self._cells[0] += len(kept)
                self._count(np.vstack([np.asarray(rows, dtype=np.float64) for rows in kept]))

    def _count(self, matrix: Matrix) -> None:
        for _, column, edges, first, _ in self._bins:
            counts = np.bincount(np.searchsorted(edges, matrix[:, column], side="right"), minlength=len(edges) + 1)
            for place, count in enumerate(counts.tolist(), start=first):
                self._cells[place] += count


def told(board: Board, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums over all workers, per feature beside the training rows'; without them before 50 requests were scored."""
    cells = board.inputs()
    enough = cells[0] >= LEAST_REQUESTS
    listed = [
        {
            "name": b.name,
            "edges": b.edges,
            "training": b.training,
            "live": [int(n) for n in cells[b.first : b.first + len(b.edges) + 1]] if enough else [],
        }
        for b in bins_of(manifest)
    ]
    return {"requests": int(cells[0]), "least_requests": LEAST_REQUESTS, "features": listed}
