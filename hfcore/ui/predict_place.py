"""What every part of the Predict page is given: the workspace, the endpoint that scores, and the page's two fixed places."""

from __future__ import annotations

from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from hfcore.records import Endpoint
from hfcore.workspace import Workspace


@dataclass(frozen=True)
class Place:
    """`opening` is where the page's first sentence stands, `action` where its primary action does."""

    workspace: Workspace
    endpoint: Endpoint
    opening: DeltaGenerator
    action: DeltaGenerator
