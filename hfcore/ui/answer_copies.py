"""An answer to take along: as text to copy, and as a page to print that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.reporting.patients_alike import group_of
from hfcore.settings import NOTICE
from hfcore.ui import about_model, answer, answer_sheet, download
from hfcore.ui.answer_sheet import Sheet
from hfcore.ui.outcome import Outcome
from hfcore.ui.patient_form import value_words
from hfcore.ui.scoring import Answer
from hfcore.ui.served_model import Origin
from hfcore.ui.words import exact


def draw(given: Answer, columns: Sequence[Column], outcome: Outcome, found: Origin | None) -> None:
    """Draw the text with its button to copy it, and the download of the page to print."""
    made = sheet(given, columns, outcome, found)
    st.code(answer_sheet.as_text(made), language=None, wrap_lines=True)
    note = "One HTML file; open it and print. It holds the patient's values."
    page = answer_sheet.as_html(made)
    download.text(
        "Download a page to print", page, "risk.html", "text/html", "print-answer", note, ":material/print:", "secondary"
    )


def sheet(given: Answer, columns: Sequence[Column], outcome: Outcome, found: Origin | None) -> Sheet:
    """Return what is written down of an answer, in plain text."""
    group = group_of(found.report, given.risk) if found else None
    said = [answer.of_ten(given.risk, outcome), answer.class_words(given, outcome).replace("**", "")]
    if group is not None:
        said = [f"95 % interval {answer.interval_words(group)}.", answer.calibration_words(group, outcome), *said]
    return Sheet(
        title=f"{outcome.question}: {answer.risk_words(given.risk)}",
        said=tuple(said),
        values=tuple((c.title, value_words(c, given.values[c.name])) for c in columns if c.name in given.values),
        source=(f"{given.model} at {given.endpoint}, {exact(given.moment)}", *(about_model.facts(found) if found else ())),
        notice=NOTICE,
    )
