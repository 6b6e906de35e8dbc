"""Where the model behind an endpoint comes from: its registered version, its run, its report and its patients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.resemblance import Resemblance
from hfcore.errors import HfError, ModelNotFound
from hfcore.records import Endpoint, ModelVersion, Run
from hfcore.reporting.report import ModelReport
from hfcore.ui import data_sets
from hfcore.ui.azure import is_azure
from hfcore.ui.outcome import Outcome
from hfcore.ui.outcome import of as words_of
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Origin:
    """A served model, the run it comes from, the table that run was trained on, and the report of its child run."""

    model: ModelVersion
    run: Run
    data: Dataset
    report: ModelReport


def origin(ws: Workspace, endpoint: Endpoint) -> Origin | HfError:
    """Return where the model in service comes from, or the error that says why it is not known any more."""
    try:
        models = ws.models()
        model = next((m for m in models if (m.name, m.version) == (endpoint.model_name, endpoint.model_version)), None)
        if model is None:
            return ModelNotFound(endpoint.label, [m.label for m in models])
        return _origin(ws.name, model.label, model.sha256, model.child_id, _ws=ws, _model=model)
    except HfError as error:
        return error


@dataclass(frozen=True)
class Served:
    """What is known of the model behind an endpoint, each asked for once, when somebody wants it."""

    workspace: Workspace
    endpoint: Endpoint

    @cached_property
    def origin(self) -> Origin | HfError:
        """Where the model comes from, or the error that says why it is not known."""
        return origin(self.workspace, self.endpoint)

    @cached_property
    def table(self) -> Dataset | None:
        """The table whose columns the endpoint takes: the one its model learned from, else the first that has them all.

        In Azure, where asking for the run takes seconds, it is always the latter.
        """
        if not is_azure(self.workspace) and isinstance(self.origin, Origin):
            return self.origin.data
        wanted = set(self.endpoint.features)
        return next((d for d in data_sets.shipped_first(self.workspace) if wanted <= {c.name for c in d.schema}), None)

    @cached_property
    def outcome(self) -> Outcome:
        """The words for what the endpoint tells the risk of: its model's label where that is known."""
        if isinstance(self.origin, Origin):
            report = self.origin.report
            return words_of(self.origin.data.schema, report.label_column, report.positive_label)
        return words_of((self.table or self.workspace.dataset()).schema)


@st.cache_resource(show_spinner=False, max_entries=20)
def _origin(workspace: str, label: str, sha256: str, child_id: str, _ws: Workspace, _model: ModelVersion) -> Origin:
    run = _ws.run(_model.run_id)
    return Origin(_model, run, _ws.dataset(run.dataset, run.dataset_version), _ws.report(run.id, _model.child_id))


def patients(ws: Workspace, found: Origin) -> tuple[pd.DataFrame, Resemblance]:
    """Return the patients a model was trained on, and what compares another patient with them.

    Raises:
        ArtifactDamaged: the table is not what was registered.
    """
    data = found.data
    return _patients(ws.name, data.name, data.version, data.sha256, found.model.features, _data=data)


@st.cache_resource(show_spinner="Reading the training patients", max_entries=5)
def _patients(
    workspace: str, name: str, version: int, sha256: str, features: tuple[str, ...], _data: Dataset
) -> tuple[pd.DataFrame, Resemblance]:
    frame = _data.to_pandas()
    return frame, Resemblance(frame, [c for c in _data.schema if c.name in features])
