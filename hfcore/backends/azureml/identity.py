"""Who signs in to Azure: a service principal, a managed identity or the Azure CLI. Nobody is ever asked to log in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hfcore.backends.azureml import sdk
from hfcore.backends.azureml.config import VARIABLES, AzureConfig
from hfcore.errors import NotSignedIn

CLI_S = 20
_PRINCIPAL = ("tenant_id", "client_id", "client_secret")
_MANAGED = ("MSI_ENDPOINT", "IDENTITY_ENDPOINT")
NEEDED = (
    "Set AZUREML_SERVICE_PRINCIPAL_TENANT_ID, AZUREML_SERVICE_PRINCIPAL_ID and AZUREML_SERVICE_PRINCIPAL_PASSWORD (or "
    "tenant_id, client_id and client_secret in secrets.toml), run on a machine with a managed identity, or run `az login` first."
)


@dataclass(frozen=True)
class Identity:
    """A way to sign in: `kind` is one of config.WAYS, `words` says who it is without any secret."""

    kind: str
    words: str


def choose(config: AzureConfig, env: Mapping[str, str] | None = None) -> Identity:
    """Return the identity that the configuration names, or the first that is there.

    Raises:
        NotSignedIn: there is none, or it is not complete.
    """
    environment = os.environ if env is None else env
    kind = config.auth or _first(config, environment)
    if kind == "service_principal":
        missing = [name for name in _PRINCIPAL if not getattr(config, name)]
        if missing:
            named = ", ".join(f"{name} ({VARIABLES[name]})" for name in missing)
            raise NotSignedIn(f"The service principal is not complete: {named} is missing.", "Set it and connect again.")
        return Identity(kind, f"service principal {config.client_id}")
    if kind == "managed_identity":
        own = f" {config.managed_identity_client_id}" if config.managed_identity_client_id else " of this machine"
        return Identity(kind, f"managed identity{own}")
    if kind == "cli" and shutil.which("az", path=environment.get("PATH")):
        return Identity(kind, "Azure CLI")
    if kind == "cli":
        raise NotSignedIn("The Azure CLI is not installed here (no command az).", "Install it and run `az login`, or " + NEEDED)
    raise NotSignedIn("There are no credentials for Azure.", NEEDED)


def _first(config: AzureConfig, environment: Mapping[str, str]) -> str | None:
    if any(getattr(config, name) for name in _PRINCIPAL):
        return "service_principal"
    if any(environment.get(name) for name in _MANAGED):
        return "managed_identity"
    return "cli" if shutil.which("az", path=environment.get("PATH")) else None


def credentials(identity: Identity, config: AzureConfig) -> Any:
    """Return the SDK's object for an identity. Nothing is sent yet."""
    authentication = sdk.load("azureml.core.authentication")
    if identity.kind == "service_principal":
        return authentication.ServicePrincipalAuthentication(config.tenant_id, config.client_id, config.client_secret)
    if identity.kind == "managed_identity":
        own = {"client_id": config.managed_identity_client_id} if config.managed_identity_client_id else None
        return authentication.MsiAuthentication(cloud="AzureCloud", identity_config=own)
    return authentication.TokenAuthentication(_cli_token, cloud="AzureCloud")


def _cli_token(audience: str) -> str:
    """Ask the Azure CLI for a token; it answers from the log-in that is there and never starts one."""
    command = ["az", "account", "get-access-token", "--resource", audience, "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CLI_S, stdin=subprocess.DEVNULL, check=True)
        return str(json.loads(done.stdout)["accessToken"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise NotSignedIn(f"The Azure CLI gives no token ({type(error).__name__}).", "Run `az login` in a terminal.") from error
