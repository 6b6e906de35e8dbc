"""Tables as CSV files that a spreadsheet may open safely."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv(table: pd.DataFrame) -> str:
    """Write a table as CSV; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    import pandas as pd

    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    safe = table.assign(**{str(name): table[name].map(neutral) for name in texts})
    return safe.rename(columns=lambda name: str(neutral(name))).to_csv(index=False)


def neutral(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
