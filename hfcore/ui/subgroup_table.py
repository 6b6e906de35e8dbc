"""The tab Subgroups: does the model do as well for every kind of patient."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.reporting.report import Estimate, ModelReport, Subgroup
from hfcore.reporting.subgroups import FEW_OF_A_KIND, FEW_ROWS, missed_share
from hfcore.ui import chosen_threshold, panels
from hfcore.ui.outcome import Outcome
from hfcore.ui.panels import Panel
from hfcore.ui.words import MISSING, literal, metric, percent, signed_percent

if TYPE_CHECKING:
    import pandas as pd

_FEW = f"too few: under {FEW_ROWS} patients, or under {FEW_OF_A_KIND} with or without the outcome"


def draw(workspace: str, report: ModelReport, outcome: Outcome) -> None:
    """Draw the groups' AUC side by side and all their figures as a table."""
    if not report.subgroups:
        st.info(
            "This report holds no figures for groups of patients; it is older than they are, or comes from Azure, "
            "which keeps no prediction for each patient.",
            icon=":material/info:",
        )
        return
    words, cut = outcome.for_markdown(), _cut(report)
    panels.one(workspace, report, outcome, _panel(report))
    st.table(
        _table(workspace, report.run_id, report.child_id, cut, outcome, _report=report),
        border="horizontal",
        hide_index=True,
        alt="Figures for each group of patients",
    )
    st.caption(
        f"Below each figure its 95 % interval. *Observed less predicted*: the share that {words.did} minus the mean predicted "
        f"risk; above 0 the model promised too little risk. *Missed*: of those {words.who_event}, the share with a risk below "
        f"{percent(cut)}, the threshold of the tab Threshold. :material/warning: {_FEW}."
    )


def _cut(report: ModelReport) -> float:
    chosen = chosen_threshold.chosen(report)
    return round(chosen.value if chosen else chosen_threshold.STANDARD, 2)


def _panel(report: ModelReport) -> Panel:
    return Panel(
        "subgroups",
        "AUC in groups of patients",
        "How to read this: a dot is the AUC within a group, the line its 95 % interval (DeLong). Groups differ for sure only "
        f"where the lines are far apart: with {len(report.subgroups)} groups some stray by luck. Hollow and grey: {_FEW}.",
        "AUC of each group of patients with its interval",
        lambda: _figures(report),
    )


@st.cache_data(show_spinner=False, max_entries=50)
def _table(workspace: str, run_id: str, child_id: str, cut: float, outcome: Outcome, _report: ModelReport) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_row(group, cut, outcome.for_markdown()) for group in _report.subgroups])


def _row(group: Subgroup, cut: float, words: Outcome) -> dict[str, str]:
    """Return the cells of one group, in markdown."""
    mark = " :orange[:material/warning: too few]" if group.few else ""
    return {
        "Group": f"**{literal(group.variable)}**: {literal(group.name)}{mark}",
        "Patients": f"{group.rows:,}",
        words.event.capitalize(): f"{group.events:,}",
        "AUC": _cell(group.auc, metric),
        "Observed less predicted": _cell(group.observed_less_predicted, signed_percent),
        f"Missed at {percent(cut)}": _cell(missed_share(group, cut), percent),
    }


def _cell(found: Estimate | None, write: Callable[[float], str]) -> str:
    if found is None:
        return MISSING
    if found.low is None or found.high is None:
        return write(found.value)
    bounds = f"{write(found.low)} to {write(found.high)}".replace(" ", "\u00a0")
    return f"{write(found.value)}  \n:small[{bounds}]"


def _figures(report: ModelReport) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for g in report.subgroups:
        shown = {"auc": g.auc, "observed_less_predicted": g.observed_less_predicted, "missed_at_0.5": missed_share(g, 0.5)}
        row: dict[str, object] = {"variable": g.variable, "group": g.name, "patients": g.rows, "events": g.events}
        for name, found in shown.items():
            ends = (None, None, None) if found is None else (found.value, found.low, found.high)
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
        rows.append(row | {"few": g.few})
    return pd.DataFrame(rows)
