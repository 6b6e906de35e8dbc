"""Where the double's one workspace lies: its names, its hosts, and who may come in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

ARM_HOST = "management.azure.com"
LOGIN_HOST = "login.microsoftonline.com"
API_HOST = "eastus.api.azureml.ms"
MMS_HOST = "eastus.modelmanagement.azureml.net"
BLOB_HOST = "hfdouble.blob.core.windows.net"
IMDS_HOST = "169.254.169.254"
HOSTS = (ARM_HOST, LOGIN_HOST, API_HOST, MMS_HOST, BLOB_HOST)
ARM, LOGIN, API, MMS, BLOB = (host.replace(".", r"\.") for host in HOSTS)
IMDS = IMDS_HOST.replace(".", r"\.")
ANY_ARM_OR_API = f"{ARM}|{API}"


def guid() -> str:
    """Return a new GUID as Azure writes it."""
    return str(uuid.uuid4())


def stamp(moment: datetime | None = None) -> str:
    """Return a moment (now unless given) as Azure writes it: UTC with seven digits of the second."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")


@dataclass(frozen=True)
class Place:
    """The subscription, the resource group, the workspace, and the service principal that is let in.

    The workspace's own id is new for every place, so that nothing which the SDK has cached about another one is used.
    """

    subscription: str = "5c1d6a4e-4d0f-4f8e-9b62-0d0b6a5f1e11"
    group: str = "rg-heart"
    workspace: str = "ws-heart"
    tenant: str = "72f988bf-0000-41af-91ab-2d7cd011db47"
    client: str = "0e9d1c4a-1111-4b7e-8a55-6f3c1d2b9a10"
    secret: str = field(default="not-a-secret-of-anyone", repr=False)
    region: str = "eastus"
    account: str = BLOB_HOST.partition(".")[0]
    container: str = "azureml-blobstore"
    workspace_id: str = field(default_factory=guid)

    @property
    def scope(self) -> str:
        """The workspace's path in ARM."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.workspace}"
        )

    @property
    def config(self) -> dict[str, str]:
        """What config.json says about it."""
        return {"subscription_id": self.subscription, "resource_group": self.group, "workspace_name": self.workspace}

    @property
    def credentials(self) -> dict[str, str]:
        """The environment of a service principal that is let in."""
        prefix = "AZUREML_SERVICE_PRINCIPAL"
        return {f"{prefix}_TENANT_ID": self.tenant, f"{prefix}_ID": self.client, f"{prefix}_PASSWORD": self.secret}
