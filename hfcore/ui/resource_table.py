"""Everything that exists, by kind, as a table to choose from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.records import Resource
from hfcore.ui import export
from hfcore.ui.deletion import KINDS, by_kind, in_order
from hfcore.ui.states import SIGNS, plain
from hfcore.ui.table import ROW, table_height
from hfcore.ui.words import MISSING, count, literal, size

if TYPE_CHECKING:
    import pandas as pd

STEP = 200
_LIMIT, _KIND = "cleanup-shown", "cleanup-kind"
_TEXT = st.column_config.TextColumn
_COLUMNS = {
    "kind": _TEXT("Kind", width=70),
    "name": _TEXT("Name", width=145),
    "state": _TEXT("State", width=90),
    "made": st.column_config.DatetimeColumn("Made", format="distance", width=110),
    "size": _TEXT("On disk", width=65, alignment="right"),
    "cost": _TEXT("Running cost", width=165),
    "processes": _TEXT("Processes", width=75, help="Ids of the processes that belong to it."),
    "detail": _TEXT("What it is", width=125),
}
_IN_AZURE = {
    **{name: column for name, column in _COLUMNS.items() if name != "processes"},
    "kind": _TEXT("Kind", width=105),
    "size": _TEXT("Stored", width=65, alignment="right", help="As far as Azure says."),
    "cost": _TEXT("Running cost", width=215),
}
_REASONS = 5
_HELD = "Nothing can be deleted now; the reasons stand under the table."


def opening(resources: Sequence[Resource], removable: Sequence[Resource], backend: str) -> str:
    """Answer in a sentence, in markdown, what exists and what it costs."""
    if not removable:
        held = any(r.kind != "dataset" for r in resources)
        return _HELD if held else "There is nothing to clean up: only what comes with the program exists. It costs nothing."
    total = size(sum(r.size_bytes for r in resources))
    processes = sum(len(r.processes) for r in resources)
    if backend.startswith("azureml"):
        billed = [r for r in resources if r.kind in ("endpoint", "compute")]
        cost = f"{by_kind(billed)}, as said here; the rest is storage" if billed else "storage only"
        rows = "".join(f"\n- **{literal(r.name)}**: {literal(r.running_cost)}" for r in billed if r.running_cost)
        return f"**{by_kind(removable)}** can be deleted. Running cost: {cost}.\n{rows}"
    cost = "nothing to pay: all of it is on this machine" if backend == "local" else "what each row says"
    return (
        f"**{by_kind(removable)}** can be deleted; everything together takes **{total}** on disk and "
        f"**{count(processes, 'process', 'processes')}**. Running cost: {cost}."
    )


def choose(resources: Sequence[Resource], backend: str) -> list[Resource]:
    """Draw the table, one kind or all of them, and return the rows that are ticked."""
    found = in_order(_of_kind(resources))
    limit = st.session_state.get(_LIMIT, STEP)
    shown = found[:limit]
    seen = st.dataframe(
        _frame(shown, backend),
        key=f"cleanup-{_digest(shown)}",
        hide_index=True,
        height=table_height(len(shown), 12),
        row_height=ROW,
        on_select="rerun",
        selection_mode="multi-row",
        placeholder=MISSING,
        column_config=_columns(backend),
        alt="Everything that exists",
    )
    _more(len(found), len(shown))
    _held([r for r in found if r.blocked_by])
    return [shown[i] for i in seen["selection"]["rows"]]


def _of_kind(resources: Sequence[Resource]) -> list[Resource]:
    kinds = [k for k in KINDS if any(r.kind == k for r in resources)]
    words = {"": f"All {len(resources):,}"} | {
        k: f"{KINDS[k].capitalize()}s {sum(r.kind == k for r in resources):,}" for k in kinds
    }
    chosen = st.segmented_control(
        "Kind", list(words), default="", required=True, format_func=lambda k: words[k], key=_KIND, label_visibility="collapsed"
    )
    return [r for r in resources if not chosen or r.kind == chosen]


def _digest(shown: Sequence[Resource]) -> str:
    """Return a key that changes with the rows, so that a tick never slips to another thing."""
    return hashlib.sha256("\n".join(f"{r.kind} {r.id}" for r in shown).encode()).hexdigest()[:12]


def _frame(shown: Sequence[Resource], backend: str) -> pd.DataFrame:
    import pandas as pd

    return export.neutral_table(pd.DataFrame([_row(r, backend) for r in shown], columns=list(_columns(backend))))


def _columns(backend: str) -> dict[str, Any]:
    """Return the columns; in Azure nothing has processes here."""
    return _IN_AZURE if backend.startswith("azureml") else _COLUMNS


def _row(resource: Resource, backend: str) -> dict[str, object]:
    free = "none: this machine" if backend == "local" else "none"
    return {
        "kind": _kind(resource).capitalize(),
        "name": resource.name,
        "state": plain(resource.state) if resource.state in SIGNS else resource.state,
        "made": resource.created_at,
        "size": size(resource.size_bytes) if resource.size_bytes or backend == "local" else MISSING,
        "cost": resource.running_cost or free,
        "processes": ", ".join(str(p) for p in resource.processes) or MISSING,
        "detail": resource.detail,
    }


def _kind(resource: Resource) -> str:
    return KINDS.get(resource.kind, resource.kind)


def _held(held: Sequence[Resource]) -> None:
    """Say why some things cannot be deleted now."""
    lines = [f"{literal(r.name)} ({_kind(r)}) cannot go now. {literal(r.blocked_by or '')}" for r in held[:_REASONS]]
    if len(held) > _REASONS:
        lines.append(f"The same goes for {len(held) - _REASONS:,} more.")
    if lines:
        st.caption("  \n".join(lines))


def _more(found: int, shown: int) -> None:
    if found <= shown:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{shown:,} of {found:,} are shown.", width="content")
        if st.button(f"Show {STEP} more", key="show-more-resources", type="tertiary"):
            st.session_state[_LIMIT] = shown + STEP
            st.rerun()
