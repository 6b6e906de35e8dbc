"""How two registered versions differ, part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import ModelVersion
from hfcore.reporting.version_diff import Difference, differences
from hfcore.ui.words import count, literal
from hfcore.workspace import Workspace


def draw(ws: Workspace, models: Sequence[ModelVersion]) -> None:
    """Draw the choice of two versions and what tells them apart."""
    if len(models) < 2:
        st.caption("There is one version only; register another one to compare it with.")
        return
    known = {m.label: m for m in models}
    with st.container(horizontal=True):
        before = st.selectbox("From", list(known), 1, key="compare-first", width=320)
        after = st.selectbox("To", list(known), 0, key="compare-second", width=320)
    first, second = known[str(before)], known[str(after)]
    everything = differences(first, second, (_settings(ws, first), _settings(ws, second)))
    shown = everything if st.toggle("Show what is the same too", key="compare-same") else [d for d in everything if not d.is_same]
    st.markdown(sentence(first, second, everything))
    if shown:
        st.table(_rows(shown, first, second))


def _settings(ws: Workspace, model: ModelVersion) -> Mapping[str, object]:
    """Return the settings that a version was trained with: its own note, else its run's, nothing when that is gone."""
    if model.origin.settings or not model.run_id:
        return model.origin.settings
    try:
        return ws.run(model.run_id).settings
    except HfError:  # the run was deleted, and this version is older than the note
        return {}


def sentence(first: ModelVersion, second: ModelVersion, found: Sequence[Difference]) -> str:
    """Say in markdown in how many things they differ, and in which parts they do not."""
    parts = list(dict.fromkeys(d.part for d in found))
    different = list(dict.fromkeys(d.part for d in found if not d.is_same))
    if not different:
        return f"{literal(first.label)} and {literal(second.label)} do not differ in anything that is known."
    same = [p.lower() for p in parts if p not in different]
    also = f" The same: {', '.join(same)}." if same else ""
    changed = sum(not d.is_same for d in found)
    return f"**{literal(second.label)}** differs from {literal(first.label)} in {count(changed, 'thing')}.{also}"


def _rows(found: Sequence[Difference], first: ModelVersion, second: ModelVersion) -> dict[str, list[str]]:
    return {
        "What": [f"{d.part}: {literal(d.name)}" for d in found],
        literal(first.label): [literal(d.first) for d in found],
        literal(second.label): [literal(d.second) for d in found],
        "Difference": [d.change if not d.is_same else "" for d in found],
    }
