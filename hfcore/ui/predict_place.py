"""What every part of the Predict page is given: the workspace, the endpoint that scores, and the page's two fixed places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from streamlit.delta_generator import DeltaGenerator

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.schema import Column
from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.ui import patient_form, served_model, typical_patient
from hfcore.ui.outcome import Outcome
from hfcore.ui.patient_form import Value
from hfcore.ui.served_model import Origin
from hfcore.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """`opening` is where the page's first sentence stands, `action` where its primary action does.

    What is known of the model behind the endpoint is asked for once while the page is drawn, when somebody wants it.
    """

    workspace: Workspace
    endpoint: Endpoint
    opening: DeltaGenerator
    action: DeltaGenerator

    @cached_property
    def origin(self) -> Origin | HfError:
        """Where the model comes from, or the error that says why it is not known."""
        return served_model.origin(self.workspace, self.endpoint)

    @cached_property
    def outcome(self) -> Outcome:
        """The words for what the model tells the risk of."""
        return served_model.outcome(self.workspace, self.endpoint, self.origin)

    @cached_property
    def table(self) -> Dataset | None:
        """The table whose columns the endpoint takes."""
        return served_model.described_by(self.workspace, self.endpoint, lambda: self.origin)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What the endpoint wants to know."""
        return patient_form.columns(self.workspace, self.endpoint, self.table)

    @cached_property
    def start(self) -> Mapping[str, Value]:
        """The patient that the form begins with."""
        return typical_patient.of(self.workspace, self.endpoint, self.table)
