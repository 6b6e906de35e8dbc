"""hfcore: explore the heart failure records, train, judge, deploy and score; the same on every backend."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# onnxruntime reports its use to Microsoft unless this is set before it is loaded; nothing may leave this machine.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from hfcore.automl.settings import AutoMLSettings as AutoMLSettings
    from hfcore.errors import HfError as HfError
    from hfcore.records import ComputeSpec as ComputeSpec
    from hfcore.records import DeploymentSpec as DeploymentSpec
    from hfcore.records import Endpoint as Endpoint
    from hfcore.records import ModelVersion as ModelVersion
    from hfcore.records import Run as Run
    from hfcore.scoring.client import ScoringClient as ScoringClient
    from hfcore.states import EndpointState as EndpointState
    from hfcore.states import RunState as RunState
    from hfcore.workspace import Workspace as Workspace
    from hfcore.workspace import connect as connect

__version__ = "0.1.0"

_HOMES = {
    "AutoMLSettings": "hfcore.automl.settings",
    "ChildRun": "hfcore.records",
    "ComputeSpec": "hfcore.records",
    "ComputeTarget": "hfcore.records",
    "DeploymentSpec": "hfcore.records",
    "Endpoint": "hfcore.records",
    "EndpointState": "hfcore.states",
    "HfError": "hfcore.errors",
    "ModelReport": "hfcore.reporting.report",
    "ModelVersion": "hfcore.records",
    "Resource": "hfcore.records",
    "Run": "hfcore.records",
    "RunState": "hfcore.states",
    "ScoringClient": "hfcore.scoring.client",
    "Workspace": "hfcore.workspace",
    "connect": "hfcore.workspace",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import hfcore` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hfcore' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
