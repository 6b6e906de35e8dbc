"""The tab Compare of the Model page: two to four models on the same patients, figure by figure and line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import ChildRun, Run
from hfcore.reporting.paired import Comparison, compare
from hfcore.reporting.report import Estimate
from hfcore.ui import chart, compare_choice, download, reports
from hfcore.ui.compare_choice import Candidate
from hfcore.ui.figures import roc_overlay
from hfcore.ui.metric_words import meaning
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.simpler_models import signed_metric
from hfcore.ui.words import MISSING, count, literal, metric
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_HIGHER_IS_BETTER = {"AUC": True, "Brier score": False, "log loss": False}
_HOW_TABLE = (
    "Each figure with its 95 % interval, over all patients at once (the metrics of the other tabs are means over folds). "
    "Differences are to the first model, in the same resamples of the patients. "
    "Higher is better for the AUC, lower for the other two."
)
_LUCK = (
    "Distrust small leads: whoever was picked as the best of many was picked on these very patients, and that luck is in these "
    "figures. The sentence at the top of the page takes it out."
)
_HOW_CURVES = (
    "How to read this: the higher a line, the more of those {who_event} it finds for the same false alarms. Where lines cross, "
    "which model is better depends on the cut."
)


@st.fragment
def draw(ws: Workspace, run: Run, child: ChildRun, outcome: Outcome) -> None:
    """Draw the choice, then what there is to compare."""
    chosen = compare_choice.draw(ws, run, child)
    if len(chosen) < compare_choice.FEWEST:
        st.markdown("Choose at least two models.")
        return
    ids = tuple((c.run.id, c.child_id) for c in chosen)
    try:
        found = _compared(ws.name, ids, _ws=ws)
    except HfError as error:
        st.info(literal(str(error)), icon=":material/info:")
    else:
        _draw_paired(ws, chosen, ids, found, outcome)
    _all_metrics(ws, chosen)


@st.cache_data(show_spinner="Comparing", max_entries=50)
def _compared(workspace: str, ids: tuple[tuple[str, str], ...], _ws: Workspace) -> Comparison:
    return compare([_ws.held_out(run, child) for run, child in ids])


def _draw_paired(
    ws: Workspace, chosen: Sequence[Candidate], ids: tuple[tuple[str, str], ...], found: Comparison, outcome: Outcome
) -> None:
    names = [c.label for c in chosen]
    st.markdown(literal(sentence(names, found)))
    st.table(_paired_table(names, found), border="horizontal", hide_index=True, alt="The models with their differences")
    st.caption(f"From {count(found.rows, 'patient')}, each scored by models that had not seen them. {_HOW_TABLE} {_LUCK}")
    figure = _figure(ws.name, ids, tuple(names), outcome, is_dark(), _found=found)
    how = _HOW_CURVES.format(who_event=outcome.for_markdown().who_event)
    chart.draw(figure, "roc-compared", how, "ROC curves of the models", lambda: _points(names, found))


def sentence(names: Sequence[str], found: Comparison) -> str:
    """Say of each model but the first whether it is told apart from the first, by AUC and by Brier score."""
    said = [f"{name} is {_standing(model.differences)}" for name, model in zip(names[1:], found.models[1:], strict=True)]
    return f"Set against {names[0]}, " + "; ".join(said) + "."


def _standing(differences: Mapping[str, Estimate]) -> str:
    words = {name: _word(differences[name], _HIGHER_IS_BETTER[name]) for name in ("AUC", "Brier score")}
    if len(set(words.values())) == 1:
        return f"{words['AUC']} in AUC and Brier score"
    return ", ".join(f"{word} in {name}" for name, word in words.items())


def _word(difference: Estimate, higher_is_better: bool) -> str:
    """Compare by the interval in three decimals, so that words and figures never contradict each other."""
    if difference.low is None or difference.high is None:
        return "not comparable"
    low, high = round(difference.low, 3), round(difference.high, 3)
    if low <= 0 <= high:
        return "not told apart"
    return "better" if (low > 0) == higher_is_better else "worse"


def _paired_table(names: Sequence[str], found: Comparison) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for name, model in zip(names, found.models, strict=True):
        row = {"Model": literal(name)}
        for title in _HIGHER_IS_BETTER:
            row[title[:1].upper() + title[1:]] = _cell(model.figures[title])
            row[f"Difference in {title}"] = _cell(model.differences.get(title), signed=True)
        rows.append(row)
    return pd.DataFrame(rows)


def _cell(estimate: Estimate | None, signed: bool = False) -> str:
    if estimate is None:
        return MISSING
    write = signed_metric if signed else metric
    if estimate.low is None or estimate.high is None:
        return write(estimate.value)
    bounds = f"{write(estimate.low)} to {write(estimate.high)}".replace(" ", "\u00a0")
    return f"{write(estimate.value)}  \n:small[{bounds}]"


@chart.kept(50)
def _figure(
    workspace: str, ids: tuple[tuple[str, str], ...], names: tuple[str, ...], outcome: Outcome, dark: bool, _found: Comparison
) -> go.Figure:
    curves = [(name, model.roc) for name, model in zip(names, _found.models, strict=True)]
    return roc_overlay.build(curves, outcome, palette(dark))


def _points(names: Sequence[str], found: Comparison) -> pd.DataFrame:
    import pandas as pd

    curves = [
        pd.DataFrame({"model": name, "flagged": m.roc.x, "found": m.roc.y, "threshold": m.roc.thresholds})
        for name, m in zip(names, found.models, strict=True)
    ]
    return pd.concat(curves, ignore_index=True)


def _all_metrics(ws: Workspace, chosen: Sequence[Candidate]) -> None:
    shown = st.expander("Every metric side by side", key="compare-metrics", on_change="rerun")
    if not shown.open:
        return
    with shown:
        table = _metrics_table(ws, chosen)
        st.dataframe(table, hide_index=True, key="metrics-compared", alt="Every metric of each model")
        st.caption("Means over the validation folds, as Azure ML computes them.")
        download.table("metrics-compared", table, "These metrics as a table")


def _metrics_table(ws: Workspace, chosen: Sequence[Candidate]) -> pd.DataFrame:
    import pandas as pd

    metrics = {c.label: dict(reports.read(ws, c.run, c.child(ws)).metrics) for c in chosen}
    names = sorted({name for m in metrics.values() for name in m}, key=str.lower)
    columns = {label: [metric(m.get(name)) for name in names] for label, m in metrics.items()}
    return pd.DataFrame({"Metric": [meaning(name).title for name in names], **columns})
