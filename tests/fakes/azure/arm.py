"""Azure Resource Manager: the subscription, the resource group and the workspace; every other service is found from here."""

from __future__ import annotations

from typing import Any

from tests.fakes.azure.exchange import Answer, Ask
from tests.fakes.azure.place import API_HOST, ARM, ARM_HOST, BLOB_HOST, LOGIN_HOST, MMS_HOST, Place
from tests.fakes.azure.routes import route


class Arm:
    """Knows one workspace."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @route("GET", ARM, "/subscriptions")
    def subscriptions(self, ask: Ask) -> Any:
        """List what the caller may see."""
        return {"value": [self.subscription(ask)], "count": {"type": "Total", "value": 1}}

    @route("GET", ARM, "/subscriptions/{subscription}")
    def subscription(self, ask: Ask) -> Any:
        """Describe the subscription."""
        key = self._place.subscription
        named = {"id": f"/subscriptions/{key}", "subscriptionId": key, "tenantId": self._place.tenant}
        return {**named, "displayName": "The double's subscription", "state": "Enabled", "authorizationSource": "RoleBased"}

    @route("GET", ARM, "{ws}")
    def workspace(self, ask: Ask) -> Any:
        """Describe the workspace."""
        place = self._place
        near = f"/subscriptions/{place.subscription}/resourceGroups/{place.group}/providers"
        properties = {
            "workspaceId": place.workspace_id,
            "friendlyName": place.workspace,
            "description": "",
            "creationTime": "2026-01-01T00:00:00Z",
            "provisioningState": "Succeeded",
            "discoveryUrl": f"https://{API_HOST}/discovery{place.scope}",
            "storageAccount": f"{near}/Microsoft.Storage/storageAccounts/{place.account}",
            "keyVault": f"{near}/Microsoft.Keyvault/vaults/kv{place.workspace}",
            "applicationInsights": f"{near}/microsoft.insights/components/ai{place.workspace}",
            "containerRegistry": f"{near}/Microsoft.ContainerRegistry/registries/cr{place.account}",
            "hbiWorkspace": False,
            "v1LegacyMode": False,
            "privateEndpointConnections": [],
            "notebookInfo": None,
        }
        return {
            "id": place.scope,
            "name": place.workspace,
            "type": "Microsoft.MachineLearningServices/workspaces",
            "location": place.region,
            "tags": {},
            "identity": {"type": "SystemAssigned", "principalId": place.client, "tenantId": place.tenant},
            "sku": {"name": "Basic", "tier": "Basic"},
            "properties": properties,
        }

    @route("GET", ARM, "/metadata/endpoints")
    def endpoints(self, ask: Ask) -> Any:
        """Describe the public cloud, for clients that ask which one this is."""
        suffixes = {"storage": BLOB_HOST.partition(".blob.")[2], "keyVaultDns": "vault.azure.net", "acrLoginServer": "azurecr.io"}
        authentication = {"loginEndpoint": f"https://{LOGIN_HOST}", "audiences": [f"https://{ARM_HOST}/"], "tenant": "common"}
        cloud = {"name": "AzureCloud", "resourceManager": f"https://{ARM_HOST}/", "graph": "https://graph.windows.net/"}
        return [{**cloud, "portal": "https://portal.azure.com", "authentication": authentication, "suffixes": suffixes}]


def discovery(region_api: str = API_HOST) -> dict[str, str]:
    """Return where every service of the workspace is."""
    api = ("api", "experimentation", "history", "hyperdrive", "pipelines", "jobs", "rp", "notebooks", "catalog", "studio")
    return {**dict.fromkeys(api, f"https://{region_api}"), "modelmanagement": f"https://{MMS_HOST}"}


class Discovery:
    """Says where the workspace's services are; it asks for no token."""

    @route("GET", API_HOST.replace(".", r"\."), "/discovery{ws}")
    def services(self, ask: Ask) -> Any:
        """Name every service's base address."""
        return Answer(discovery())
