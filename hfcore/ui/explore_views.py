"""What the Explore page shows instead of a table when its address asks for it: adding a data set, or a data set's versions."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.datasets.dataset import Dataset
from hfcore.ui import dataset_versions, upload, view
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

VIEWS: dict[str, Callable[[Workspace, DeltaGenerator], None]] = {"add": upload.draw, "versions": dataset_versions.draw}


def draw(ws: Workspace, action: DeltaGenerator) -> bool:
    """Draw the view that the address names; tell whether there was one."""
    chosen = VIEWS.get(view.name())
    if chosen is None:
        upload.forget()
        return False
    chosen(ws, action)
    return True


def ways(data: Dataset) -> None:
    """Draw the ways to the views, and what one of them has just done."""
    view.told()
    with st.container(horizontal=True, gap="medium", key="data-set-links"):
        view.button("Add a data set", ":material/upload_file:", "add")
        view.button(literal(f"Version {data.version} of {data.name}"), ":material/history:", "versions", data.name)
