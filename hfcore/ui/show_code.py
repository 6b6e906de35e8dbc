"""The fold "Show the code": what a page does, once with this library and once with Azure ML's own SDK."""

from __future__ import annotations

import streamlit as st

from hfcore.automl.settings import AutoMLSettings
from hfcore.records import DeploymentSpec
from hfcore.ui import download, sdk_script
from hfcore.workspace import Workspace

HFCORE, SDK = "This library", "Azure's SDK v1"
_NEEDS = (
    "Runs as it is where `azureml-core` and `azureml-train-automl-client` are installed; credentials come from the environment."
)


def draw(ws: Workspace, key: str, library: str, *steps: str) -> None:
    """Draw both scripts; `steps` are the parts with the SDK, each after the workspace was opened."""
    with st.expander("Show the code", key=f"{key}-code", icon=":material/code:"):
        ours, azures = st.tabs((HFCORE, SDK))
        ours.code(library, language="python", wrap_lines=True)
        azures.caption(_NEEDS)
        azures.code("\n".join((sdk_script.connect(ws.place), *steps)), language="python", wrap_lines=True)


def whole_journey(ws: Workspace, settings: AutoMLSettings | None = None, experiment: str = "aml-experiment") -> None:
    """Offer the lesson from the first step to the last as a script and as a notebook, with this workspace's values."""
    wanted = settings or AutoMLSettings(label_column_name="DEATH_EVENT", excluded_columns=("time",))
    steps = sdk_script.journey(
        ws.place, experiment, wanted, DeploymentSpec(name="automl-hf-sdk", description="Heart failure risk")
    )
    st.caption("The whole journey with Azure's SDK v1, from opening the workspace to deleting what bills:")
    with st.container(horizontal=True, key="journey-export"):
        script, notebook = sdk_script.as_script(steps), sdk_script.as_notebook(steps)
        download.text("Script", script, "heart_failure_journey.py", "text/x-python", "journey-script")
        download.text("Notebook", notebook, "heart_failure_journey.ipynb", "application/x-ipynb+json", "journey-notebook")
