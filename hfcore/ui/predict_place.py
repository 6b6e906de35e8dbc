"""What every part of the Predict page is given: the workspace, the endpoint that scores, and the page's two fixed places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from streamlit.delta_generator import DeltaGenerator

from hfcore.datasets.schema import Column
from hfcore.records import Endpoint
from hfcore.ui import patient_form, typical_patient
from hfcore.ui.patient_form import Value
from hfcore.ui.served_model import Served
from hfcore.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """`opening` is where the page's first sentence stands, `action` where its primary action does."""

    workspace: Workspace
    endpoint: Endpoint
    opening: DeltaGenerator
    action: DeltaGenerator

    @cached_property
    def served(self) -> Served:
        """What is known of the model behind the endpoint."""
        return Served(self.workspace, self.endpoint)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What the endpoint wants to know."""
        return patient_form.columns(self.workspace, self.endpoint, self.served.table)

    @cached_property
    def start(self) -> Mapping[str, Value]:
        """The patient that the form begins with."""
        return typical_patient.of(self.workspace, self.endpoint, self.served.table)
