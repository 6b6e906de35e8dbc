"""The only way for a file to leave the app: every download button, every table made safe for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import streamlit as st

from hfcore.ui import export

ICON = ":material/download:"

if TYPE_CHECKING:
    import pandas as pd

    Table = pd.DataFrame | Callable[[], pd.DataFrame]
    Look = Literal["primary", "secondary", "tertiary"]


def table(key: str, content: Table, help: str, label: str = "CSV", name: str = "", look: Look = "tertiary") -> None:
    """Draw a button that saves a table as CSV; it is made when somebody presses.

    Args:
        key: Unique key; `key`.csv is the file's name unless `name` gives another.
        content: The table, or what makes it.
        help: What is in the file.
        label: What the button says.
        name: File name without its ending.
        look: Streamlit's type of the button.
    """
    _button(label, lambda: export.csv(_made(content)), f"{name or key}.csv", "text/csv", f"{key}-csv", help, look)


def formats(key: str, content: Table, written: Table, title: str, note: str = "") -> None:
    """Draw three buttons that save a table as CSV (its numbers) and as Markdown and HTML (as it is `written`, with a note)."""
    with st.container(horizontal=True, key=f"{key}-downloads"):
        table(key, content, "For a spreadsheet or a program", look="secondary")
        readable = (
            ("Markdown", "md", "text/markdown", lambda: export.markdown(_made(written), note)),
            ("HTML", "html", "text/html", lambda: export.html(_made(written), title, note)),
        )
        for label, ending, kind, make in readable:
            _button(label, make, f"{key}.{ending}", kind, f"{key}-{ending}", "For a text or a report", "secondary")


def text(
    label: str, content: str, name: str, kind: str, key: str, help: str | None = None, icon: str = ICON, look: Look = "tertiary"
) -> None:
    """Draw a button that saves a text which this program wrote, such as a script or a page to print."""
    st.download_button(label, content, name, kind, key=key, help=help, type=look, icon=icon, on_click="ignore")


def _made(content: Table) -> pd.DataFrame:
    return content() if callable(content) else content


def _button(label: str, data: str | Callable[[], str], name: str, kind: str, key: str, help: str | None, look: Look) -> None:
    icon = None if label == "CSV" and look == "tertiary" else ICON  # beside a chart there is no room for it
    st.download_button(label, data, name, kind, key=key, help=help, type=look, icon=icon, on_click="ignore")
