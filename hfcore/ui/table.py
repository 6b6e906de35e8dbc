"""How high a table is, so that it shows whole rows and keeps its place while it fills."""

from __future__ import annotations

ROW = 34  # pixels; also the height of the heading
_BORDER = 2


def table_height(rows: int, most: int) -> int:
    """Return the height in pixels of a table that shows its rows, at most `most` of them without scrolling."""
    return ROW * (1 + max(1, min(rows, most))) + _BORDER
