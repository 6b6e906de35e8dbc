"""What a run was asked to do: every setting by Azure's name, and the script that asks for the same again."""

from __future__ import annotations

import streamlit as st

from hfcore.automl.settings import AutoMLSettings
from hfcore.records import Run
from hfcore.ui import script, sdk_script, show_code, train_summary
from hfcore.ui.table import ROW, table_height
from hfcore.ui.words import exact
from hfcore.workspace import Workspace

_UNITS = {"experiment_timeout_minutes": " minutes", "iteration_timeout_minutes": " minutes"}
_NOTHING = {
    "allowed_models": "all",
    "blocked_models": "none",
    "excluded_columns": "none",
    "iteration_timeout_minutes": "no limit of its own",
    "n_cross_validations": "chosen by the number of rows",
    "validation_size": "none: folds",
}


def draw(ws: Workspace, run: Run) -> None:
    """Draw the settings as a table and as code."""
    rows = {
        "experiment": run.experiment,
        "dataset": f"{run.dataset}, version {run.dataset_version}",
        "submitted": exact(run.created_at),
        **{name: written(name, value) for name, value in run.settings.items()},
    }
    st.dataframe(
        {"Setting": list(rows), "Value": list(rows.values())},
        key="run-settings",
        hide_index=True,
        height=table_height(len(rows), 12),
        row_height=ROW,
        alt="Settings of the run",
    )
    settings = AutoMLSettings.from_dict(run.settings)
    ours = script.training(ws.backend, run.experiment, settings, run.dataset, ws.place)
    show_code.draw(ws, "run", ours, *train_summary.sdk_steps(settings, run.experiment, run.dataset), sdk_script.watch(run.id))


def written(name: str, value: object) -> str:
    """Write one setting for people."""
    if value is None or value in ([], ()):
        return _NOTHING.get(name, "none")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value)
    return f"{value}{_UNITS.get(name, '')}"
