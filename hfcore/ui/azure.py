"""Whether the work is done in Azure, where waiting is long and things bill."""

from __future__ import annotations

from hfcore.workspace import Workspace


def is_azure(ws: Workspace) -> bool:
    """Tell whether a workspace is one of Azure ML's."""
    return ws.backend.startswith("azureml")
