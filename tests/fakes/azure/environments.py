"""Environments: the curated one of AutoML, and those that a deployment brings along."""

from __future__ import annotations

from typing import Any

from tests.fakes.azure.exchange import Ask, Refusal
from tests.fakes.azure.place import API
from tests.fakes.azure.routes import route

CURATED = "AzureML-AutoML"
_AT = "/environment/v1.0{ws}/environments"


class Environments:
    """Knows AutoML's curated environment under one version, and whatever is registered."""

    version = "156"

    def __init__(self) -> None:
        self.registered: dict[str, dict[str, Any]] = {CURATED: _curated(self.version)}

    @route("GET", API, _AT + "/{name}")
    @route("GET", API, _AT + "/{name}/labels/{label}")
    def latest(self, ask: Ask) -> Any:
        """Give the latest version."""
        return self._find(ask["name"])

    @route("GET", API, _AT + "/{name}/versions/{version}")
    def get(self, ask: Ask) -> Any:
        """Give one version."""
        found = self._find(ask["name"])
        if found["version"] != ask["version"]:
            raise Refusal(404, "NotFound", f"NotFound: Environment {ask['name']} has no version {ask['version']}.")
        return found

    @route("PUT", API, _AT + "/{name}")
    @route("PUT", API, _AT + "/{name}/versions/{version}")
    def register(self, ask: Ask) -> Any:
        """Keep an environment as its next version."""
        known = self.registered.get(ask["name"])
        version = str(int(known["version"]) + 1) if known else "1"
        self.registered[ask["name"]] = {**ask.json, "name": ask["name"], "version": version}
        return self.registered[ask["name"]]

    @route("GET", API, _AT)
    @route("GET", API, _AT + "/")
    def list(self, ask: Ask) -> Any:
        """List every environment."""
        return {"value": list(self.registered.values()), "nextLink": None, "continuationToken": None}

    def _find(self, name: str) -> dict[str, Any]:
        if name not in self.registered:
            raise Refusal(404, "NotFound", f"NotFound: Environment {name} was not found.")
        return self.registered[name]


def _curated(version: str) -> dict[str, Any]:
    registry = {"address": None, "username": None, "password": None, "registryIdentity": None}
    return {
        "name": CURATED,
        "version": version,
        "assetId": None,
        "autoRebuild": True,
        "environmentVariables": {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"},
        "python": {
            "interpreterPath": "python",
            "userManagedDependencies": True,
            "condaDependencies": None,
            "baseCondaEnvironment": None,
        },
        "docker": {
            "enabled": False,
            "baseImage": None,
            "baseDockerfile": "FROM mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04\nRUN pip install scikit-learn==1.5.1\n",
            "platform": {"os": "Linux", "architecture": "amd64"},
            "baseImageRegistry": registry,
            "arguments": [],
            "sharedVolumes": True,
            "shmSize": "2g",
            "gpuSupport": False,
        },
        "spark": {"repositories": [], "packages": [], "precachePackages": True},
        "inferencingStackVersion": None,
        "databricks": None,
        "r": None,
    }
