"""The tab Pipeline: what the model is made of, how it was judged, and whether it can be put into service."""

from __future__ import annotations

import streamlit as st

from hfcore.reporting.report import ModelReport, PipelineStep
from hfcore.ui.words import count, duration, literal, size

_MOST_LISTED = 8


def draw(report: ModelReport) -> None:
    """Draw the steps or the members, then how it was validated and exported."""
    with st.grid(2, min_column_width=360, gap="medium", key="pipeline"):
        with st.container():
            _steps(report)
        with st.container():
            _facts(report)


def _steps(report: ModelReport) -> None:
    """Draw the way from a patient's values to the risk, a box for each step; the members of an ensemble share one box."""
    st.markdown(f"**Steps of {literal(report.algorithm)}**")
    with st.container(gap="xxsmall", horizontal_alignment="center", key="pipeline-steps"):
        _box(f"**Patient**  \n{count(len(report.features), 'variable')}" if report.features else "**Patient**")
        if report.members:
            _arrow()
            with st.container(border=True):
                _members(report)
        for step in report.steps:
            _arrow()
            _box(f"**{literal(step.name)}**{_parameters(step)}")
        _arrow()
        _box(f"**Risk** of {literal(report.label_column)} = {literal(report.positive_label)}")


def _box(words: str) -> None:
    with st.container(border=True):
        st.markdown(words)


def _arrow() -> None:
    st.markdown(":gray[:material/arrow_downward:]", width="content")


def _members(report: ModelReport) -> None:
    st.markdown("**Members and their weight**: each is a pipeline of its own, with the same patient's values")
    members = sorted(report.members, key=lambda m: -m.weight)
    rows = [{"member": f"{m.number}: {m.algorithm}", "weight": 100 * m.weight} for m in members]
    st.dataframe(
        rows,
        key="members",
        hide_index=True,
        column_config={
            "member": st.column_config.TextColumn("Child run", width=250),
            "weight": st.column_config.ProgressColumn("Weight", format="%.0f %%", min_value=0, max_value=100, width=110),
        },
    )


def _parameters(step: PipelineStep) -> str:
    """Write what was set in a step, a long list of numbers by its length only."""
    if not step.parameters:
        return "  \n:gray[default settings]"
    return "".join(f"  \n:small[{literal(str(name))} = {literal(_short(value))}]" for name, value in step.parameters.items())


def _short(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) > _MOST_LISTED:
        return f"{len(value)} values"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _facts(report: ModelReport) -> None:
    st.markdown("**How it was judged**")
    st.markdown(
        f"{literal(report.validation)}; {report.events} of {report.rows} have "
        f"{literal(report.label_column)} = {literal(report.positive_label)}."
    )
    st.markdown("**What it looks at**")
    left_out = ", ".join(literal(c) for c in report.excluded_columns)
    st.markdown(
        f"{count(len(report.features), 'variable')}: {', '.join(literal(f) for f in report.features)}."
        + (f"  \nLeft out: {left_out}." if left_out else "")
    )
    cost = _cost(report)
    if cost:
        st.markdown("**What it costs**")
        st.markdown(cost)
    st.markdown("**Can it go into service?**")
    st.markdown(export_words(report))


def _cost(report: ModelReport) -> str:
    """Say how long it took, how large it is and how quick, as far as that was measured; "" when nothing was."""
    alone = " from its members' predictions, which are not in this time" if report.members else ", folds and refit together"
    parts = [
        f"Fitting took {duration(report.fit_seconds)}{alone}." if report.fit_seconds is not None else "",
        f"The exported file has {size(report.model_bytes)}." if report.model_bytes is not None else "",
        f"One patient takes {report.row_ms:.2g} ms on one core, without the network." if report.row_ms is not None else "",
    ]
    return "  \n".join(part for part in parts if part)


def export_words(report: ModelReport) -> str:
    """Say whether there is an artifact that predicts what the pipeline predicts, and how exactly."""
    if report.parity is None and report.artifact:
        return f"Yes. {literal(report.artifact)}"
    if report.parity is None:
        return f"No. {literal(report.export_note)}".strip()
    note = f" {literal(report.export_note)}" if report.export_note else ""
    return (
        "Yes, as an ONNX file that runs no code when it is loaded. On every training row its probability differs from the "
        f"fitted pipeline's by at most {report.parity:.1e} (allowed: 1e-6).{note}"
    )
