"""The model of hazards on the tab Survival: what goes with dying earlier, all else held equal, and whether that may be said."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.cox import NotEstimable
from hfcore.datasets.cox_model import MOST_ROWS, CoxModel, HazardRatio, cox_model
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.follow_up import FollowUp
from hfcore.datasets.schema import Schema
from hfcore.ui import chart, selection
from hfcore.ui.figures import forest
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.selection import Selection
from hfcore.ui.words import count, equals, inside, literal

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

CLEAR = 0.05
EVENTS_PER_TERM = 10
HOW_TO_READ = (
    "How to read this: a hazard ratio of 2 means that twice as many die per day, all other variables equal; right of the dotted "
    "line is worse. The line is the 95 % interval; where it crosses the dotted line, chance may explain the difference."
)


def draw(chosen: Selection, data: Dataset, times: FollowUp) -> None:
    """Draw the model in words, its hazard ratios as a forest, and the check of its assumption."""
    st.subheader("What goes with dying earlier?", anchor=False)
    model = _model(chosen, times, _data=data)
    if isinstance(model, str):
        st.markdown(f"No Cox model can be fitted to these patients: {literal(model)}. Choose more patients.")
        return
    st.markdown(f"{finding_words(model, data.schema)} {concordance_words(model)}")
    chart.draw(
        _forest(chosen, times, is_dark(), _data=data), "hazards", HOW_TO_READ, "Hazard ratios as a forest", lambda: _rows(model)
    )
    st.markdown(proportional_words(model, data.schema))
    for sentence in caveats(model, data.schema):
        st.caption(sentence)


def finding_words(model: CoxModel, schema: Schema) -> str:
    """Say in markdown which terms go with earlier and later death."""
    earlier = [_named(t, schema) for t in model.terms if t.p < CLEAR and t.ratio > 1]
    later = [_named(t, schema) for t in model.terms if t.p < CLEAR and t.ratio < 1]
    if not earlier and not later:
        return "Taken together, no variable goes clearly with dying earlier or later."
    parts = [f"{', '.join(names)} with dying {when}" for names, when in ((earlier, "earlier"), (later, "later")) if names]
    return f"All other variables equal, these go together: {'; '.join(parts)}."


def _named(term: HazardRatio, schema: Schema) -> str:
    """Name a term with its hazard ratio: higher age (1.59 per 10 years)."""
    title = literal(inside(schema[term.column].title))
    if schema[term.column].kind in ("number", "integer"):
        return f"higher {title} ({term.ratio:.2f} {literal(term.contrast)})"
    plain = term.contrast == "yes against no"
    return f"{title} ({term.ratio:.2f})" if plain else f"{title} ({term.ratio:.2f}, {literal(term.contrast)})"


def concordance_words(model: CoxModel) -> str:
    """Say in markdown how well the model orders the patients."""
    if model.concordance is None:
        return ""
    share = f"{100 * model.concordance:.0f} of 100"
    return (
        f"In {share} pairs of patients the one with the higher modelled hazard died first (concordance {model.concordance:.3f}; "
        "a coin reaches 50). The same patients made the model, so new ones will be ordered a little less well."
    )


def proportional_words(model: CoxModel, schema: Schema) -> str:
    """Say in markdown whether the hazard ratios hold over the whole follow-up."""
    changing = [t for t in model.terms if t.changes_p < CLEAR]
    if not changing:
        return "**Do the ratios hold all along?** No sign that a hazard ratio changes during follow-up (Schoenfeld residuals)."
    named = ", ".join(f"{literal(inside(schema[t.column].title))} (p {equals(t.changes_p)})" for t in changing)
    return (
        f"**Do the ratios hold all along?** Not for {named}: early and late in follow-up the ratio differs "
        "(Schoenfeld residuals). Read it as an average over the follow-up."
    )


def caveats(model: CoxModel, schema: Schema) -> list[str]:
    """Say what the model does not hold, and where it is thin."""
    said = [f"Cox model on {count(model.rows, 'patient')}, {count(model.deaths, 'death')}, {count(len(model.terms), 'term')}."]
    if model.deaths < EVENTS_PER_TERM * len(model.terms):
        each = model.deaths / len(model.terms)
        said.append(f"{each:.1f} deaths per term; below {EVENTS_PER_TERM} the ratios are unsteady (Peduzzi et al. 1995).")
    if model.rows < model.of_rows:
        drawn = f" or were not among the {MOST_ROWS:,} drawn at random" if model.rows == MOST_ROWS else ""
        said.append(f"{model.of_rows - model.rows:,} patients have a missing value{drawn}.")
    reasons: dict[str, list[str]] = {}
    for name, reason in model.left_out:
        reasons.setdefault(reason, []).append(schema[name].title)
    return [*said, *(f"Left out because {reason}: {literal(', '.join(names))}." for reason, names in reasons.items())]


@st.cache_data(show_spinner="Fitting the Cox model…", max_entries=50)
def _model(chosen: Selection, times: FollowUp, _data: Dataset) -> CoxModel | str:
    """Return the model, or in words why there is none."""
    profile = selection.profile(chosen, _data)
    names = [p.column.name for p in profile.by_effect if p.column.known_at_scoring and p.column.name != times.event]
    try:
        model = cox_model(selection.sample(chosen, _data), names, _data.schema, times)
        return replace(model, of_rows=selection.size(chosen, _data))
    except NotEstimable as error:
        return str(error)


@chart.kept(50)
def _forest(chosen: Selection, times: FollowUp, dark: bool, _data: Dataset) -> go.Figure:
    model = _model(chosen, times, _data=_data)
    assert isinstance(model, CoxModel)
    return forest.build(model, _data.schema, palette(dark))


def _rows(model: CoxModel) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([asdict(term) for term in model.terms])
