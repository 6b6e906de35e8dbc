"""The tab Batch: a table of patients in, their risks out, scored by the live endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.scoring.patient_table import matched, ready
from hfcore.ui import batch_results, download, endpoint_trouble, request_history, uploaded_table
from hfcore.ui.batch_job import Job
from hfcore.ui.guard import guard
from hfcore.ui.patients import heading
from hfcore.ui.predict_place import Place
from hfcore.ui.uploaded_table import Uploaded
from hfcore.ui.words import count, literal

if TYPE_CHECKING:
    import pandas as pd

_JOB = "batch-job"
REFRESH_S = 0.5
NONE = "(not in the table)"
_WHAT = (
    "Upload a table with one patient per row: CSV, Parquet or Excel. The live endpoint scores it; rows that cannot be scored are "
    "set aside with the reason. Nothing of the table is kept."
)


def draw(place: Place) -> None:
    """Draw upload, columns, progress and results, as far as the reader has come."""
    columns = place.columns
    job: Job | None = st.session_state.get(_JOB)
    if job is not None and not job.is_over:
        place.opening.markdown(f"{literal(job.file)} is being scored by **{literal(job.endpoint.name)}**.")
        st.fragment(_live, run_every=REFRESH_S)(job)
        return
    place.opening.markdown(_WHAT)
    table = uploaded_table.draw("batch-file")
    if table is None:
        _template(place)
    else:
        _prepare(place, columns, table)
    if job is not None and (table is None or table.name == job.file):
        _finished(place, job)


def _template(place: Place) -> None:
    """Offer a table with the right columns and one made-up patient."""
    note = "The columns that this model takes, and one made-up patient."
    download.table("patients", lambda: _one_patient(place), note, "Download a table to fill in")


def _one_patient(place: Place) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([{c.name: place.start.get(c.name, "") for c in place.columns}])


def _prepare(place: Place, columns: tuple[Column, ...], table: Uploaded) -> None:
    """Draw how the columns are matched, and the button that starts."""
    for sentence in table.repairs:
        st.caption(literal(sentence))
    match = _match(columns, table)
    missing = [c.title for c in columns if match[c.name] is None]
    if missing:
        st.warning(f"Not found in the table: {literal(', '.join(missing))}. Choose their columns.", icon=":material/warning:")
    label = f"Score {count(len(table.frame), 'row')}"
    if place.action.button(label, key="score-table", type="primary", disabled=bool(missing)):
        _start(place, columns, table, {name: str(chosen) for name, chosen in match.items()})


def _match(columns: tuple[Column, ...], table: Uploaded) -> dict[str, str | None]:
    """Draw one choice per column of the model; what is called alike is chosen already."""
    names = [str(name) for name in table.frame.columns]
    proposed = matched(columns, names)
    found: dict[str, str | None] = {}
    complete = all(proposed.values())
    title = f"Columns: {sum(v is not None for v in proposed.values())} of {len(columns)} found by name"
    with (
        st.expander(title, expanded=not complete, key="batch-columns"),
        st.grid(4, min_column_width=180, gap="small", key="batch-match"),
    ):
        for column in columns:
            choice = st.selectbox(
                heading(column),
                [NONE, *names],
                index=0 if proposed[column.name] is None else 1 + names.index(str(proposed[column.name])),
                key=f"match-{table.id}-{column.name}",
            )
            found[column.name] = None if choice == NONE else str(choice)
    return found


def _start(place: Place, columns: tuple[Column, ...], table: Uploaded, match: dict[str, str]) -> None:
    """Check the rows and begin to score; the page goes on with the progress."""
    ws, endpoint = place.workspace, place.endpoint
    with st.spinner("Checking the rows"):
        rows = ready(table.frame, columns, match)
    key = endpoint.primary_key or (ws.endpoint_keys(endpoint.name)[0] if endpoint.auth else None)
    job = st.session_state[_JOB] = Job(table.name, table.frame, rows, endpoint, key)
    job.start()
    st.rerun()


def _live(job: Job) -> None:
    """Draw how far it is; when it is over the whole page is drawn again."""
    with guard():
        if job.is_over:
            st.rerun()
        total = len(job.ready.rows)
        st.progress(job.done / total if total else 1.0, f"{job.done:,} of {count(total, 'row')} scored")
        st.caption("The app's other pages can be used meanwhile; closing this browser tab gives the result up.")
        st.button("Stop", key="stop-batch", icon=":material/stop_circle:", on_click=job.stop, disabled=job.is_stopping)


def _finished(place: Place, job: Job) -> None:
    """Note the request once, then say what came of it."""
    scores = job.scores
    if not job.noted:
        job.noted = True
        outcome = "answered" if scores else endpoint_trouble.kind(job.error) if job.error else "failed"
        request_history.note(
            place.workspace,
            job.endpoint,
            job.ready.rows,
            request_history.BATCH,
            rows=scores.scored if scores else 0,
            model=scores.model if scores else None,
            outcome=outcome,
            milliseconds=1e3 * job.seconds,
        )
    if job.error is not None:
        endpoint_trouble.draw(job.error, job.endpoint)
    elif scores is None:
        st.error(f"Scoring ended with something unforeseen ({job.failure}). Try again.", icon=":material/error:")
    else:
        batch_results.draw(place.workspace, job, scores)
