"""The tab Model card: the card of this model to read, and to take away as HTML or Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

import hfcore
from hfcore.errors import HfError
from hfcore.records import ModelVersion, Run
from hfcore.reporting.model_card import CardFacts, DataFacts, card, to_html, to_markdown
from hfcore.reporting.report import ModelReport
from hfcore.ui import deployment_form, download
from hfcore.ui.guard import guard
from hfcore.ui.outcome import Outcome
from hfcore.workspace import Workspace

HEIGHT = 620


@st.fragment
def draw(ws: Workspace, run: Run, report: ModelReport, outcome: Outcome) -> None:
    """Draw the downloads and, under them, the card as it reads."""
    with guard():
        model = _version(ws, report)
        found = card(facts(ws, run, report, outcome, model))
        written = to_markdown(found)
        name = f"model-card-{model.name}-{model.version}" if model else f"model-card-{report.child_id}"
        with st.container(horizontal=True, vertical_alignment="center", key="model-card-downloads"):
            page = to_html(found)
            download.text("HTML, to read and to print", page, f"{name}.html", "text/html", "model-card-html", look="secondary")
            download.text("Markdown", written, f"{name}.md", "text/markdown", "model-card-markdown", look="secondary")
            st.caption(
                "Written from the report, the run and the data set's description; no patient's values are in it.", width=430
            )
        with st.container(height=HEIGHT, border=True, key="model-card"):
            st.markdown(written)


def _version(ws: Workspace, report: ModelReport) -> ModelVersion | None:
    """Return the registered version that the card is about, the champion first; the reader's choice when there are several."""
    mine = [m for m in ws.models() if (m.run_id, m.child_id) == (report.run_id, report.child_id)]
    known = {m.label: m for m in deployment_form.in_order(mine)}
    if len(known) < 2:
        return next(iter(known.values()), None)
    return known[str(st.selectbox("Version", list(known), key="model-card-version", width=420))]


def facts(ws: Workspace, run: Run, report: ModelReport, outcome: Outcome, model: ModelVersion | None) -> CardFacts:
    """Gather what a card is written from."""
    table = ws.dataset(run.dataset, run.dataset_version)
    data = DataFacts.of(table, _missing(ws.name, table.name, table.version, table.sha256, _ws=ws))
    event, other = outcome.event, outcome.other
    if not outcome.is_verb:
        event, other = f"have {event}", f"have {other}"
    return CardFacts(report, run, data, datetime.now(UTC), f"Heart Failure Studio {hfcore.__version__}", model, event, other)


@st.cache_data(show_spinner="Counting empty cells", max_entries=50)
def _missing(workspace: str, name: str, version: int, sha256: str, _ws: Workspace) -> Mapping[str, int] | None:
    """Count the empty cells of each column; None when the table cannot be read."""
    try:
        counted = _ws.dataset(name, version).to_pandas().isna().sum()
    except HfError:  # the card says that the number is not known
        return None
    return {str(column): int(number) for column, number in counted.items()}
