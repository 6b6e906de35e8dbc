"""Which workspace, and which identity is meant: from a file, from values, or from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from hfcore.errors import InvalidSettings

VARIABLES = {
    "subscription_id": "HF_AZURE_SUBSCRIPTION_ID",
    "resource_group": "HF_AZURE_RESOURCE_GROUP",
    "workspace_name": "HF_AZURE_WORKSPACE_NAME",
    "auth": "HF_AZURE_AUTH",
    "tenant_id": "AZUREML_SERVICE_PRINCIPAL_TENANT_ID",
    "client_id": "AZUREML_SERVICE_PRINCIPAL_ID",
    "client_secret": "AZUREML_SERVICE_PRINCIPAL_PASSWORD",
    "managed_identity_client_id": "HF_AZURE_MANAGED_IDENTITY_CLIENT_ID",
}
NEEDED = ("subscription_id", "resource_group", "workspace_name")
WAYS = ("service_principal", "managed_identity", "cli")
PLACES = ("config.json", ".azureml/config.json")


@dataclass(frozen=True)
class AzureConfig:
    """A workspace and an identity. `auth` names the way to sign in, None for the first that is there.

    Raises:
        InvalidSettings: everything that is missing or not known, at once.
    """

    subscription_id: str
    resource_group: str
    workspace_name: str
    auth: str | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    managed_identity_client_id: str | None = None

    def __post_init__(self) -> None:
        wrong = {name: _missing(name) for name in NEEDED if not getattr(self, name)}
        if self.auth is not None and self.auth not in WAYS:
            wrong["auth"] = f"auth is {self.auth!r}; it must be one of {', '.join(WAYS)}."
        if wrong:
            raise InvalidSettings(wrong)


def read_config(config: str | Path | Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None) -> AzureConfig:
    """Return the configuration.

    Args:
        config: Path of Azure's config.json, its values (with those of the identity, if wanted), or None for the
            environment, and after that a config.json in the present folder.
        env: The environment; the process's own by default.

    Raises:
        InvalidSettings: no workspace is named, or a value is missing.
    """
    environment = os.environ if env is None else env
    told = {name: environment[variable] for name, variable in VARIABLES.items() if environment.get(variable)}
    given = _given(config, told)
    known = {f.name for f in fields(AzureConfig)}
    unknown = [str(name) for name in given if name not in known]
    if unknown:
        raise InvalidSettings({"config": f"Not known in the Azure configuration: {', '.join(sorted(unknown))}."})
    values = {name: str(value) for name, value in {**told, **given}.items() if value}
    return AzureConfig(**{**dict.fromkeys(NEEDED, ""), **values})  # type: ignore[arg-type]


def _given(config: str | Path | Mapping[str, Any] | None, told: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(config, Mapping):
        return dict(config)
    if config is not None:
        return _of_file(Path(config).expanduser())
    found = None if any(name in told for name in NEEDED) else next((p for p in map(Path, PLACES) if p.is_file()), None)
    return {} if found is None else _of_file(found)


def _of_file(path: Path) -> dict[str, Any]:
    """Return the workspace that a config.json names; of anything else in it nothing is taken."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {name: values[name] for name in NEEDED if name in values}
    except FileNotFoundError:
        raise InvalidSettings({"config": f"There is no file {str(path)!r}; download config.json from the workspace."}) from None
    except (OSError, ValueError, TypeError) as error:
        raise InvalidSettings({"config": f"{str(path)!r} cannot be read as config.json ({type(error).__name__})."}) from None


def _missing(name: str) -> str:
    return f"{name} is not given; write it into config.json, into secrets.toml under [azureml], or set {VARIABLES[name]}."
