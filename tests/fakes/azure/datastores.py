"""Datastores: the one that every workspace has, over the account's blob storage."""

from __future__ import annotations

import base64
from typing import Any

from tests.fakes.azure.exchange import Ask, Refusal
from tests.fakes.azure.place import API, Place
from tests.fakes.azure.routes import route

DEFAULT = "workspaceblobstore"
_KEY = base64.b64encode(b"the double's account key, of no use elsewhere").decode()


class Datastores:
    """Knows `workspaceblobstore`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def dto(self) -> dict[str, Any]:
        """Return it as the service writes it, its key included as the SDK asks for it."""
        section = {
            "accountName": self._place.account,
            "containerName": self._place.container,
            "endpoint": "core.windows.net",
            "protocol": "https",
            "credentialType": "AccountKey",
            "credential": _KEY,
            "accountKey": _KEY,
            "sasToken": None,
            "isSas": False,
            "clientCredentials": None,
            "blobCacheTimeout": None,
            "areWorkspaceManagedIdentitiesAllowed": False,
            "serviceDataAccessAuthIdentity": "None",
            "subscriptionId": self._place.subscription,
            "resourceGroup": self._place.group,
        }
        none = (
            "azureDataLakeSection",
            "azureSqlDatabaseSection",
            "azurePostgreSqlSection",
            "azureMySqlSection",
            "glusterFsSection",
        )
        named = {"name": DEFAULT, "dataStoreType": "AzureBlob", "hasBeenValidated": True, "tags": {}, "isDefault": True}
        return {**named, "azureStorageSection": section, **dict.fromkeys(none)}

    @route("GET", API, "/datastore/v1.0{ws}/default")
    def default(self, ask: Ask) -> Any:
        """Give the default datastore."""
        return self.dto()

    @route("GET", API, "/datastore/v1.0{ws}/datastores/{name}")
    def get(self, ask: Ask) -> Any:
        """Give a datastore by its name."""
        if ask["name"] != DEFAULT:
            raise Refusal(404, "UserError", f"Could not find datastore: {ask['name']}")
        return self.dto()

    @route("GET", API, "/datastore/v1.0{ws}/datastores")
    def list(self, ask: Ask) -> Any:
        """List the datastores."""
        return {"value": [self.dto()], "continuationToken": None, "nextLink": None}
