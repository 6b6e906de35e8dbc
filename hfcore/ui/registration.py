"""Registering a model: the button, the dialog that names it, and the link to its deployment."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.errors import HfError
from hfcore.records import ChildRun, ModelVersion, Run
from hfcore.reporting.report import ModelReport
from hfcore.reporting.threshold_choice import ThresholdChoice
from hfcore.ui import chosen_threshold, navigation, script, sdk_script, show_code, version_words
from hfcore.ui.azure import is_azure
from hfcore.ui.guard import guard
from hfcore.ui.words import ago, exact, literal, slug
from hfcore.workspace import DEFAULT_DATASET, Workspace

DEFAULT_NAME = "heart-failure-risk"
_ASKED = "registration-asked"


def button(ws: Workspace, run: Run, report: ModelReport, place: DeltaGenerator) -> None:
    """Draw the primary action; disabled with the reason when this model cannot be registered."""
    reason = obstacle(run, report)
    pressed = place.button(
        "Register this model", key="register", type="primary", disabled=reason is not None, help=reason or None
    )
    if pressed:
        st.session_state[_ASKED] = report.child_id
        _dialog(ws, report)


def obstacle(run: Run, report: ModelReport) -> str | None:
    """Say why this model cannot be registered now, or return None."""
    if run.state.is_active:
        return "The run is still going; a model can be registered when it has ended."
    if report.parity is None and not report.artifact:
        return f"This model cannot be registered. {literal(report.export_note)}".strip()
    return None


def model_name(dataset: str) -> str:
    """Return the name that is proposed for models of a table: the lesson's for the heart failure records."""
    like = slug(dataset)
    return DEFAULT_NAME if dataset == DEFAULT_DATASET or not like else f"{like[:60]}-risk"


def registered(ws: Workspace, report: ModelReport) -> ModelVersion | None:
    """Return the newest registered version of this child run."""
    return next((m for m in ws.models() if (m.run_id, m.child_id) == (report.run_id, report.child_id)), None)


def notice(ws: Workspace, report: ModelReport) -> None:
    """Say that this model is registered, with the way to deploy it."""
    model = registered(ws, report)
    if model is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="registered"):
        st.markdown(
            f":green[:material/inventory_2:] Registered as **{literal(model.label)}** {ago(model.created_at)}.{_facts(model)}",
            help=f"{exact(model.created_at)}, SHA-256 {model.sha256}",
            width="content",
        )
        navigation.link("deploy", f"Deploy version {model.version}", ":material/cloud_upload:", model=model.label)


def _facts(model: ModelVersion) -> str:
    facts = [part for part in (", ".join(model.aliases), version_words.threshold(model)) if part]
    return f" :gray[{'; '.join(facts)}]" if facts else ""


def code(ws: Workspace, run: Run, child: ChildRun) -> None:
    """Show what judges and registers this model, as code."""
    ours = f"report = ws.report({run.id!r}, {child.id!r})\nprint(report.metrics)\n"
    name = model_name(run.dataset)
    ours += f"model = ws.register_model({run.id!r}, {child.id!r}, name={name!r})\nprint(model.label, model.sha256)\n"
    show_code.draw(ws, "model", script.step(ws, ours), sdk_script.watch(run.id), sdk_script.register(name))


@st.dialog("Register this model")
def _dialog(ws: Workspace, report: ModelReport) -> None:
    with guard():
        form(ws, report)


def form(ws: Workspace, report: ModelReport) -> None:
    """Ask for a name and a description, then register and come back to the page."""
    st.markdown(f"{literal(report.algorithm)} is kept as the next version of a named model.")
    name = st.text_input("Name", model_name(ws.run(report.run_id).dataset), key="register-name")
    description = st.text_area(
        "Description", key="register-description", placeholder="What it is for, what is special about it (optional)"
    )
    cut = _threshold(ws, report)
    if st.button("Register", key="register-confirm", type="primary"):
        if _first_time(report):
            _keep(ws, report, name.strip(), description.strip(), cut)
        st.rerun()


def _threshold(ws: Workspace, report: ModelReport) -> ThresholdChoice | None:
    """Ask for the threshold, at first the one that was chosen in its tab; None for the standard one."""
    if len(report.labels) != 2:
        return None
    before = chosen_threshold.chosen(report)
    start = before.value if before else chosen_threshold.STANDARD
    share = st.number_input(
        "Threshold, %", 0.0, 100.0, round(100 * start, 2), 1.0, format="%g", key="register-threshold", help=_THRESHOLD
    )
    choice = chosen_threshold.as_asked(report, round((share or 0.0) / 100, 6))
    obeyed = " AutoML's own entry script does not know it and uses 50 %; ours obeys it." if is_azure(ws) else ""
    chosen = literal(choice.detail or choice.rule) if choice else "the standard one; the tab Threshold helps to choose another"
    st.caption(f"Chosen: {chosen}. It belongs to this version; another threshold makes another version.{obeyed}")
    return choice


_THRESHOLD = "The endpoint's predictions call positive whoever has at least this risk. The risk itself does not depend on it."


def _keep(ws: Workspace, report: ModelReport, name: str, description: str, threshold: ThresholdChoice | None = None) -> None:
    try:
        ws.register_model(report.run_id, report.child_id, name, description, threshold=threshold)
    except HfError:
        st.session_state[_ASKED] = report.child_id
        raise


def _first_time(report: ModelReport) -> bool:
    """Take the one permission that opening the dialog gave, so that a double click registers once."""
    return bool(st.session_state.pop(_ASKED, None) == report.child_id)
