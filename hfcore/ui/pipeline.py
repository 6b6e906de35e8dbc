"""The tab Pipeline: what the model is made of, how it was judged, and whether it can be put into service."""

from __future__ import annotations

import streamlit as st

from hfcore.reporting.report import ModelReport, PipelineStep
from hfcore.ui.words import count, literal


def draw(report: ModelReport) -> None:
    """Draw the steps or the members, then how it was validated and exported."""
    with st.grid(2, min_column_width=360, gap="medium", key="pipeline"):
        with st.container():
            _steps(report)
        with st.container():
            _facts(report)


def _steps(report: ModelReport) -> None:
    st.markdown(f"**Steps of {literal(report.algorithm)}**")
    for number, step in enumerate(report.steps, 1):
        st.markdown(f"{number}. **{literal(step.name)}**" + _parameters(step))
    if report.members:
        st.markdown("**Members and their weight**")
        members = sorted(report.members, key=lambda m: -m.weight)
        rows = [{"member": f"{m.number}: {m.algorithm}", "weight": 100 * m.weight} for m in members]
        st.dataframe(
            rows,
            key="members",
            hide_index=True,
            column_config={
                "member": st.column_config.TextColumn("Child run", width=270),
                "weight": st.column_config.ProgressColumn("Weight", format="%.0f %%", min_value=0, max_value=100, width=120),
            },
        )


def _parameters(step: PipelineStep) -> str:
    if not step.parameters:
        return "  \n:gray[default settings]"
    return "".join(f"  \n{literal(str(name))} = {literal(str(value))}" for name, value in step.parameters.items())


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
    st.markdown("**Can it go into service?**")
    st.markdown(export_words(report))


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
