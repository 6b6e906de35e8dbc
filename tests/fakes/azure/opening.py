"""The double's workspace, opened by the SDK as the lesson does it."""

from __future__ import annotations

from typing import Any

from tests.fakes.azure.double import AzureDouble


def open_workspace(azure: AzureDouble) -> Any:
    """Return the SDK's workspace, found from config.json in the working folder with the service principal that is let in."""
    from azureml.core import Workspace
    from azureml.core.authentication import ServicePrincipalAuthentication

    place = azure.place
    return Workspace.from_config(auth=ServicePrincipalAuthentication(place.tenant, place.client, place.secret))
