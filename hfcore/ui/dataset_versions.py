"""The versions of a data set: who registered each, when and from what; going back to an older one, deleting the newest."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.datasets.dataset import Dataset
from hfcore.ui import export, view
from hfcore.ui.azure import is_azure
from hfcore.ui.table import table_height
from hfcore.ui.words import ago, exact, literal, size
from hfcore.workspace import Workspace

_ASKED = "delete-version-asked"


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the history of one data set and what can be done about it."""
    named = view.of()
    current = ws.dataset(named) if named else ws.dataset()
    versions = ws.dataset_versions(current.name)
    view.way_back()
    st.subheader(f"Versions of {literal(current.name)}", anchor=False)
    view.told()
    st.markdown(f"**Version {current.version} is the current one**: pages and new runs work with it.")
    _table(versions, current)
    chosen = _chosen(versions, current)
    _origin(chosen)
    _go_back(ws, action, chosen, current)
    _delete(ws, versions[0], current)


def _table(versions: Sequence[Dataset], current: Dataset) -> None:
    import pandas as pd

    rows = [
        {
            "Version": f"{v.version}{' (current)' if v.version == current.version else ''}",
            "When": ago(v.created_at) if v.created_at else "with the program",
            "Exactly": exact(v.created_at),
            "Who": v.created_by or "not known",
            "Rows": v.rows,
            "Columns": v.columns,
            "File": v.source.file if v.source else "none: from a program",
            "Size": size(v.size_bytes),
            "SHA-256": v.sha256,
        }
        for v in versions
    ]
    st.dataframe(export.neutral_table(pd.DataFrame(rows)), key="versions", hide_index=True, height=table_height(len(rows), 10))


def _chosen(versions: Sequence[Dataset], current: Dataset) -> Dataset:
    numbers = [v.version for v in versions]
    if len(numbers) == 1:
        return versions[0]
    number = st.selectbox("Version", numbers, numbers.index(current.version), key=f"version-{current.name}", width=160)
    return versions[numbers.index(number)]


def _origin(chosen: Dataset) -> None:
    """Say where a version came from and what was repaired in it."""
    source = chosen.source
    said = [chosen.description] if chosen.description else []
    if source:
        said.append(f"Read from {source.file}{f', SHA-256 {source.sha256[:12]}' if source.sha256 else ''}.")
        said += source.repairs
    if said:
        st.markdown(literal(" ".join(said)))


def _go_back(ws: Workspace, action: DeltaGenerator, chosen: Dataset, current: Dataset) -> None:
    same = chosen.version == current.version
    pressed = action.button(
        f"Make version {chosen.version} current",
        key="choose-version",
        type="primary",
        disabled=same,
        help="It is the current one. Choose another version below." if same else None,
    )
    if pressed:
        ws.choose_dataset_version(chosen.name, chosen.version)
        view.stay(f"Version {chosen.version} is the current one now; version {current.version} is kept.")


def _delete(ws: Workspace, newest: Dataset, current: Dataset) -> None:
    """Offer to delete the newest version, and ask once."""
    if not newest.id:
        if is_azure(ws):
            st.caption("Azure ML deletes a data set with all its versions: see Clean up.")
        return
    if st.session_state.get(_ASKED) != newest.id:
        if st.button(f"Delete version {newest.version}", key="delete-version", icon=":material/delete:"):
            st.session_state[_ASKED] = newest.id
            st.rerun()
        return
    after = (
        "" if newest.version != current.version else " The version that was current before it is current again, if there is one."
    )
    st.warning(f"Version {newest.version} is deleted for good; models trained on it stay.{after}", icon=":material/warning:")
    with st.container(horizontal=True):
        if st.button("Keep it", key="keep-version"):
            del st.session_state[_ASKED]
            st.rerun()
        if st.button(f"Delete version {newest.version} for good", key="confirm-delete-version", type="primary"):
            ws.delete("dataset", newest.id)
            del st.session_state[_ASKED]
            st.session_state.pop(f"version-{newest.name}", None)
            if newest.name not in [d.name for d in ws.datasets()]:
                view.leave(f"The data set {newest.name} was deleted: it had one version.", ws.dataset().name)
            view.stay(f"Version {newest.version} of {newest.name} was deleted.")
