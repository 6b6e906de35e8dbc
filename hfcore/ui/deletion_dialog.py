"""Asking before anything is deleted: once, by name; for everything, with words to type."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hfcore.records import CHAMPION, Resource
from hfcore.ui import deletion
from hfcore.ui.deletion import KINDS
from hfcore.ui.guard import guard
from hfcore.ui.words import literal, size
from hfcore.workspace import Workspace

EVERYTHING = "delete everything"
_LISTED = 10
_TOLD = "cleanup-told"


def told() -> str:
    """Return what the last deletion of this session came to, once."""
    return str(st.session_state.pop(_TOLD, ""))


@st.dialog("Delete these?", width="medium")
def ask(ws: Workspace, chosen: Sequence[Resource]) -> None:
    """Name what goes and what stays, and delete when the reader says so; a champion only when its alias is typed."""
    going = _announce(chosen)
    agreed = _champion_is_meant(going)
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep them", key="keep-all"):
            st.rerun()
        label = f"Delete {deletion.by_kind(going)}" if going else "Delete"
        if st.button(label, key="confirm-delete", type="primary", disabled=not (going and agreed)):
            _do(ws, going)


@st.dialog("Delete everything?", width="medium")
def ask_for_everything(ws: Workspace, resources: Sequence[Resource]) -> None:
    """Name the totals, and delete everything once the words are typed."""
    going = _announce(resources)
    typed = st.text_input(f"To confirm, type: {EVERYTHING}", key="confirm-words", live=True, autocomplete="off")
    agreed = (typed or "").strip().lower() == EVERYTHING
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep everything", key="keep-everything"):
            st.rerun()
        if st.button("Delete everything", key="confirm-delete-everything", type="primary", disabled=not agreed or not going):
            _do(ws, going)


def _champion_is_meant(going: Sequence[Resource]) -> bool:
    """Ask for the word when a champion is among what goes; tell whether it was typed."""
    names = [literal(r.name) for r in going if CHAMPION in r.aliases]
    if not names:
        return True
    st.warning(
        f"{', '.join(names)} is the **{CHAMPION}**: shown first everywhere, offered first for deployment.", icon=":material/star:"
    )
    typed = st.text_input(f"To delete it all the same, type: {CHAMPION}", key="confirm-champion", live=True, autocomplete="off")
    return (typed or "").strip().lower() == CHAMPION


def _announce(chosen: Sequence[Resource]) -> list[Resource]:
    """Say what will be gone for good, and what stays and why; return what will be gone."""
    going = deletion.in_order([r for r in chosen if not deletion.is_held(r, chosen)])
    staying = [r for r in chosen if deletion.is_held(r, chosen)]
    if going:
        total = size(sum(r.size_bytes for r in going))
        st.markdown(f"Gone for good, {total} on disk:\n" + _listed([_named(r) for r in going]))
    if staying:
        st.markdown("This stays:\n" + _listed([f"{_named(r)}: {literal(r.blocked_by or '')}" for r in staying]))
    return going


def _named(resource: Resource) -> str:
    note = "; it is at work and is cancelled first" if deletion.is_at_work(resource) else ""
    note += f"; it is the {', '.join(resource.aliases)}" if resource.aliases else ""
    detail = f" ({literal(resource.detail)}{note})" if resource.detail else note
    return f"{KINDS.get(resource.kind, resource.kind)} **{literal(resource.name)}**{detail}"


def _listed(lines: Sequence[str]) -> str:
    rest = [f"- and {len(lines) - _LISTED:,} more"] if len(lines) > _LISTED else []
    return "\n".join([*(f"- {line}" for line in lines[:_LISTED]), *rest])


def _do(ws: Workspace, going: Sequence[Resource]) -> None:
    with guard(), st.spinner("Deleting"):
        st.session_state[_TOLD] = deletion.told(deletion.delete(ws, going))
        st.rerun()
