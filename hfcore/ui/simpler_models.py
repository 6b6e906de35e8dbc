"""The winner against simpler models: one sentence, one small table, as the Model page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.reporting.comparison import verdict
from hfcore.reporting.report import Estimate, ModelReport, ReferenceComparison
from hfcore.ui.words import MISSING, literal, metric

if TYPE_CHECKING:
    import pandas as pd

_HOW_TO_READ = (
    "Below each figure its 95 % interval. A higher AUC and a lower Brier score are better; a difference is this model's figure "
    "minus the simpler model's. All have the same patients and folds. The luck of having been picked as the best is taken out "
    "of this model's figures and of the differences."
)


def draw(workspace: str, report: ModelReport) -> None:
    """Draw the sentence and the table; nothing for a child run that was not compared."""
    if not report.references:
        return
    st.subheader("Against simpler models", help=_notes(report), anchor=False)
    st.markdown(literal(verdict(report)))
    st.table(
        _table(workspace, report.run_id, report.child_id, _report=report),
        border="horizontal",
        hide_index=True,
        alt="This model and simpler ones: AUC and Brier score with their 95 % intervals",
    )
    st.caption(" ".join(part for part in (_HOW_TO_READ, literal(report.references_note)) if part))


def _notes(report: ModelReport) -> str:
    return "\n\n".join(f"**{literal(_capital(r.name))}**: {literal(r.note)}." for r in report.references)


@st.cache_data(show_spinner=False, max_entries=50)
def _table(workspace: str, run_id: str, child_id: str, _report: ModelReport) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_own(_report), *(_row(r) for r in _report.references)])


def _own(report: ModelReport) -> dict[str, str]:
    """Return the winner's cells, in markdown."""
    return {
        "Model": f"**This model**  \n:small[{literal(report.algorithm)}]{_late(report)}",
        "AUC": _cell(report.honest, bold=True),
        "Difference in AUC": MISSING,
        "Brier score": _cell(report.honest_brier, bold=True),
        "Difference in Brier": MISSING,
    }


def _late(report: ModelReport) -> str:
    return "  \n:orange[:small[with follow-up time]]" if report.uses_follow_up_time else ""


def _row(reference: ReferenceComparison) -> dict[str, str]:
    return {
        "Model": literal(_capital(reference.name)),
        "AUC": _cell(reference.auc),
        "Difference in AUC": _cell(reference.auc_difference, signed=True),
        "Brier score": _cell(reference.brier),
        "Difference in Brier": _cell(reference.brier_difference, signed=True),
    }


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _cell(estimate: Estimate | None, bold: bool = False, signed: bool = False) -> str:
    """Write an estimate with its interval on a line of its own, in markdown."""
    if estimate is None:
        return MISSING
    write = signed_metric if signed else metric
    value = f"**{write(estimate.value)}**" if bold else write(estimate.value)
    if estimate.low is None or estimate.high is None:
        return value
    bounds = f"{write(estimate.low)} to {write(estimate.high)}".replace(" ", "\u00a0")
    return f"{value}  \n:small[{bounds}]"


def signed_metric(value: float) -> str:
    """Write a difference with its sign and three decimals, never "-0.000": +0.012, 0.000, -0.003."""
    text = metric(value)
    if value != value or float(text) == 0.0:
        return text.lstrip("-") if value == value else text
    return f"+{text}" if value > 0 else text
