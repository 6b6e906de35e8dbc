"""Adding a data set: choose a file, see what was read, say what the columns are, save."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.datasets import draft
from hfcore.datasets.draft import Choice, OutOfRange
from hfcore.datasets.reading import Reading, read_apart
from hfcore.errors import HfError, InvalidDataset
from hfcore.ui import once, upload_columns, view, work
from hfcore.ui.azure import is_azure
from hfcore.ui.guard import show
from hfcore.ui.words import count, literal, size
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.datasets.schema import Schema

FORMATS = ["csv", "tsv", "txt", "parquet", "xlsx"]
MOST_MB = 200
PREVIEW_ROWS = 6
NO_LABEL = "None yet"
_HELD = "upload-held"
_WORK = "saving a data set"


@dataclass(frozen=True)
class Held:
    """What came of one uploaded file, by the id that Streamlit gave it: a reading, or why there is none."""

    file_id: str
    reading: Reading | None = None
    error: HfError | None = None


def forget() -> None:
    """Let go of a file that was read and not saved."""
    st.session_state.pop(_HELD, None)


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the steps; the primary action saves."""
    view.way_back()
    file = st.file_uploader(
        f"A table as CSV, Parquet or XLSX, at most {MOST_MB} MB",
        FORMATS,
        key="upload-file",
        max_upload_size=MOST_MB,
        help="One row per patient; the first line names the columns.",
    )
    if file is None:
        forget()
        action.button("Save data set", key="save-data-set", type="primary", disabled=True, help="Choose a file first.")
        where = "to your Azure ML workspace" if is_azure(ws) else "to the home folder on this machine"
        st.markdown(f"You see what was read before anything is kept. Saving copies the table {where}, as a version of its own.")
        return
    held = _held(file.file_id, file.name, file.getvalue)
    if held.reading is None:
        if held.error is not None:
            show(held.error)
        return
    _what_was_read(held.reading)
    _form(ws, action, held.file_id, held.reading)


def _held(file_id: str, name: str, content: Callable[[], bytes]) -> Held:
    """Return what came of the file, read once per upload."""
    held: Held | None = st.session_state.get(_HELD)
    if held is None or held.file_id != file_id:
        with st.spinner("Reading the file"):
            try:
                held = Held(file_id, reading=read_apart(content(), name))
            except HfError as error:
                held = Held(file_id, error=error)
        st.session_state[_HELD] = held
    return held


def _what_was_read(reading: Reading) -> None:
    rows, columns = reading.frame.shape
    how = [reading.facts["format"], f"{size(reading.size_bytes)}", f"SHA-256 {reading.sha256[:12]}"]
    if "separator" in reading.facts:
        how.append(f"separated by {reading.facts['separator']}")
    how += [f"decimal {reading.facts['decimal sign']}"] if "decimal sign" in reading.facts else []
    how += [reading.facts[f] for f in ("encoding", "sheet") if f in reading.facts and reading.facts["format"] != "Parquet"]
    st.markdown(f"**{count(rows, 'row')}, {count(columns, 'column')}** read: {literal(', '.join(how))}.")
    for repair in reading.repairs:
        st.markdown(f":blue[:material/build_circle: Repaired]  {literal(repair.sentence)}")
    if not reading.repairs:
        st.markdown(":green[:material/check_circle: Nothing had to be repaired]")
    st.caption(f"The first {count(min(rows, PREVIEW_ROWS), 'row')}, as read")
    st.dataframe(reading.frame.head(PREVIEW_ROWS), key="upload-preview", hide_index=True)


def _form(ws: Workspace, action: DeltaGenerator, file_id: str, reading: Reading) -> None:
    st.subheader("What the columns are", anchor=False)
    choices = upload_columns.editor(reading.frame, file_id)
    label, event = _label(reading.frame, choices, file_id)
    name, description = _name(ws, reading, file_id)
    ready: tuple[pd.DataFrame, Schema] | None = None
    try:
        ready = draft.made(reading.frame, choices, label, event)
        _ranges(draft.out_of_range(*ready))
    except InvalidDataset as error:
        show(error)
    pressed = action.button(
        "Save data set",
        key="save-data-set",
        type="primary",
        disabled=ready is None or not name,
        help=None if ready and name else "Something below has to be put right first.",
    )
    last = once.last("saved-data-set")
    if ready is not None and (work.of(_WORK).future is not None or (pressed and not last.just_now)):
        frame, schema = ready
        work.of(_WORK).begin("saving the data set", lambda: ws.register_dataset(name, frame, description, schema, reading.source))
        saved = work.of(_WORK).wait()
        last.done()
        forget()
        what = f"Saved as version {saved.version} of {saved.name}, {saved.rows:,} rows, SHA-256 {saved.sha256[:12]}."
        view.leave(what, saved.name)


def _label(frame: pd.DataFrame, choices: Sequence[Choice], file_id: str) -> tuple[str | None, str | None]:
    """Draw the choice of the outcome, and of the word that counts as the event; a table may be kept without one."""
    kept = {c.name for c in choices if c.kind != draft.LEFT_OUT}
    options = [NO_LABEL, *(n for n in draft.possible_labels(frame) if n in kept)]
    likely = draft.likely_label(frame)
    left, right = st.columns(2)
    chosen = left.selectbox(
        "Outcome to predict (label)",
        options,
        options.index(likely) if likely in options else 0,
        key=f"upload-label-{file_id}",
        help="Columns of 2 to 20 different values without gaps. Of 0 and 1, 1 counts as the event.",
    )
    if chosen == NO_LABEL:
        left.caption("Without an outcome the table can be looked at; training asks for one.")
        return None, None
    words = draft.two_outcomes(frame, str(chosen))
    if words is None:
        return str(chosen), None
    key = f"upload-event-{file_id}-{chosen}"
    return str(chosen), right.selectbox("Counts as the event", words, 1, key=key, help="The models tell the risk of it.")


def _name(ws: Workspace, reading: Reading, file_id: str) -> tuple[str, str]:
    """Draw name and description, and say which version it will be."""
    stem = re.sub(r"\s+", " ", "".join(c for c in reading.name.rsplit(".", 1)[0] if c.isprintable()))[-80:].strip()
    left, right = st.columns(2)
    name = left.text_input("Name", stem, max_chars=100, key=f"upload-name-{file_id}").strip()
    description = right.text_input("Description", "", max_chars=300, key=f"upload-description-{file_id}", placeholder="Optional")
    known = {d.name: d.version for d in ws.datasets()}
    if not name:
        left.markdown(":red[:material/error: Give the data set a name.]")
    elif name in known and name != ws.dataset().name:
        newest = max(d.version for d in ws.dataset_versions(name))
        left.caption(f"This name exists up to version {newest}. Saving makes the next version; the others are kept.")
    return name, description.strip()


def _ranges(found: Sequence[OutOfRange]) -> None:
    """Say which values no living patient has."""
    for one in found:
        unit = f" {one.column.unit}" if one.column.unit else ""
        rows = f"{'row' if len(one.rows) == 1 else 'rows'} {', '.join(f'{r:,}' for r in one.rows)}"
        more = " and more" if one.count > len(one.rows) else ""
        limits = f"{one.column.low:g} to {one.column.high:,.10g}{unit}"
        sentence = f"{one.column.title}: {one.count:,} of {one.present:,} values outside {limits} ({rows}{more})."
        sentence += " Look for typing errors and for another unit."
        st.markdown(f":orange[:material/warning: Out of range]  {literal(sentence)}")
