"""What came of a scored table: in a sentence, as a histogram, the rows that were set aside, and both to download."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.scoring.table_scores import Scores
from hfcore.settings import NOTICE
from hfcore.ui import chart, download, export
from hfcore.ui.batch_job import Job
from hfcore.ui.figures import risk_histogram
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.served_model import Served
from hfcore.ui.table import table_height
from hfcore.ui.words import count, duration, literal, percent
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

SHOWN_PROBLEMS = 200
MOST_ROWS = 8
_LINE = "; the line is the model's cut"


def draw(ws: Workspace, job: Job, scores: Scores) -> None:
    """Draw the results."""
    outcome = Served(ws, job.endpoint).outcome
    with st.container(border=True, key="batch-results"):
        st.markdown(sentence(job, scores, outcome.for_markdown()))
        risks = [r for r in scores.risks if r is not None]
        if risks:
            cut = (0.5 if scores.threshold is None else scores.threshold) if scores.has_cut else None
            chart.draw(
                risk_histogram.build(risks, cut, palette(is_dark())),
                "batch-risks",
                f"How to read this: each bar counts the rows with such a risk{'' if cut is None else _LINE}.",
                f"Risks of {count(len(risks), 'row')}",
            )
        _downloads(job, scores, outcome)
        _set_aside(scores)
        source = f"{literal(scores.model or job.endpoint.label)} at {literal(job.endpoint.name)}"
        st.caption(f"{source} in {duration(job.seconds)}. **{NOTICE}**")


def sentence(job: Job, scores: Scores, outcome: Outcome) -> str:
    """Say how many rows were scored, how many are classed as having the outcome, and what was not scored."""
    said = [f"**{literal(job.file)}**: {scores.scored:,} of {count(len(scores.risks), 'row')} scored."]
    called = sum(bool(c) for c in scores.called)
    if scores.scored:
        cut = "the model's cut" if scores.threshold is None else f"the model's cut of {percent(scores.threshold)}"
        risks = sorted(r for r in scores.risks if r is not None)
        how = f"at or above {cut}: " if scores.has_cut else ""
        said.append(f"{called:,} ({percent(called / scores.scored)}) {how}classed as **{outcome.event}**.")
        said.append(f"Median risk {percent(risks[len(risks) // 2])}.")
    if scores.problems:
        said.append(f"**{count(len(scores.problems), 'row')} set aside**.")
    if scores.stopped:
        said.append("Stopped before the end.")
    return " ".join(said)


def _downloads(job: Job, scores: Scores, outcome: Outcome) -> None:
    with st.container(horizontal=True):
        note = "The table as it was uploaded, in its order, with risk, class and why a row has none"
        made = partial(results, job, scores, outcome)
        download.table("batch-results", made, note, "Download the results", look="secondary")
        if scores.problems:
            made, note = partial(set_aside, job, scores), "The rows that were not scored, with their number and the reason"
            download.table("batch-set-aside", made, note, "Download what was set aside", look="secondary")


def results(job: Job, scores: Scores, outcome: Outcome) -> pd.DataFrame:
    """Return the uploaded table in its order, with risk, class and why there is none, in columns that it has not yet."""
    classes = [None if c is None else outcome.event if c else outcome.other for c in scores.called]
    reasons = [scores.problems.get(i, "") for i in range(len(scores.risks))]
    made: dict[str, list[Any]] = {"risk": scores.risks, "class": classes, "not_scored_because": reasons}
    return job.frame.assign(**{_free(name, job.frame): values for name, values in made.items()})


def set_aside(job: Job, scores: Scores) -> pd.DataFrame:
    """Return the rows that were not scored as they were uploaded, with their number and the reason."""
    places = sorted(scores.problems)
    rows = job.frame.iloc[places]
    made: dict[str, list[Any]] = {"row": [p + 1 for p in places], "reason": [scores.problems[p] for p in places]}
    return rows.assign(**{_free(name, job.frame): values for name, values in made.items()})


def _free(name: str, frame: pd.DataFrame) -> str:
    """Return a name that no column of the table has."""
    while name in frame.columns:
        name += "_"
    return name


def _set_aside(scores: Scores) -> None:
    """Draw the first rows that were set aside, each with its number in the table and the reason."""
    if not scores.problems:
        return
    import pandas as pd

    places = sorted(scores.problems)[:SHOWN_PROBLEMS]
    shown = pd.DataFrame({"Row": [p + 1 for p in places], "Reason": [scores.problems[p] for p in places]})
    st.dataframe(export.neutral_table(shown), key="set-aside", hide_index=True, height=table_height(len(shown), MOST_ROWS))
    if len(scores.problems) > SHOWN_PROBLEMS:
        st.caption(f"The first {SHOWN_PROBLEMS} are shown; the download has all of them.")
