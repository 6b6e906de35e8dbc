"""Tables as files that a spreadsheet, a text or a browser may open safely."""

from __future__ import annotations

import html as markup
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv(table: pd.DataFrame) -> str:
    """Write a table as CSV; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return neutral_table(table).to_csv(index=False)


def markdown(table: pd.DataFrame, note: str = "") -> str:
    """Write a table as Markdown with a note under it; what a cell holds is shown as it is, on one line."""
    safe = _written(table)
    lines = [list(safe.columns), ["---"] * len(safe.columns), *safe.to_numpy().tolist()]
    body = "\n".join("| " + " | ".join(_markdown_cell(cell) for cell in line) + " |" for line in lines)
    return f"{body}\n\n{note}\n" if note else f"{body}\n"


def html(table: pd.DataFrame, title: str, note: str = "") -> str:
    """Write a table as a page of its own that a browser, a word processor or a spreadsheet can open."""
    safe = _written(table)
    head = "".join(f"<th>{markup.escape(name)}</th>" for name in safe.columns)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{markup.escape(cell)}</td>" for cell in line) + "</tr>" for line in safe.to_numpy().tolist()
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{markup.escape(title)}</title></head>\n<body>'
        f"<h1>{markup.escape(title)}</h1>\n<table>\n<tr>{head}</tr>\n{rows}\n</table>\n<p>{markup.escape(note)}</p></body></html>\n"
    )


def neutral(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def neutral_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts and headings no spreadsheet takes for a formula."""
    import pandas as pd

    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    safe = table.assign(**{str(name): table[name].map(neutral) for name in texts})
    return safe.rename(columns=lambda name: str(neutral(name)))


def _written(table: pd.DataFrame) -> pd.DataFrame:
    safe = neutral_table(table)
    return safe.astype(object).where(safe.notna(), "").astype(str)


def _markdown_cell(cell: str) -> str:
    marked = "".join(f"\\{c}" if c in r"\`*_[]<>|#~" else c for c in cell)
    return " ".join(marked.split())
