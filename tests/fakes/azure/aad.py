"""Azure Active Directory: who a tenant is, and tokens for the service principal that knows its secret."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.azure.exchange import Answer, Ask
from tests.fakes.azure.place import IMDS, LOGIN, LOGIN_HOST, Place
from tests.fakes.azure.routes import route

_LIFE_S = 3599


class Aad:
    """Gives out tokens and knows them again; `managed_identity` says whether this machine has an identity of its own."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._tokens: set[str] = set()
        self.managed_identity = False

    @route("GET", LOGIN, "/{tenant}/v2.0/.well-known/openid-configuration")
    def describe(self, ask: Ask) -> Any:
        """Say where a tenant's tokens come from."""
        if ask["tenant"] != self._place.tenant:
            return _refused(400, "invalid_tenant", f"AADSTS90002: Tenant '{ask['tenant']}' not found.")
        base = f"https://{LOGIN_HOST}/{ask['tenant']}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{base}/v2.0",
            "tenant_region_scope": "NA",
            "cloud_instance_name": "microsoftonline.com",
        }

    @route("GET", LOGIN, "/common/discovery/instance")
    def instances(self, ask: Ask) -> Any:
        """Say which hosts belong together, for clients that check their authority."""
        hosts = {"preferred_network": LOGIN_HOST, "preferred_cache": LOGIN_HOST, "aliases": [LOGIN_HOST]}
        tenant = f"https://{LOGIN_HOST}/{self._place.tenant}/v2.0/.well-known/openid-configuration"
        return {"tenant_discovery_endpoint": tenant, "api-version": "1.1", "metadata": [hosts]}

    @route("POST", LOGIN, "/{tenant}/oauth2/v2.0/token")
    def token(self, ask: Ask) -> Any:
        """Give a token to the service principal that shows its secret."""
        form = {name: values[0] for name, values in parse_qs(ask.body.decode()).items()}
        if form.get("client_id") != self._place.client:
            said = f"AADSTS700016: Application with identifier '{form.get('client_id')}' was not found in the directory."
            return _refused(400, "unauthorized_client", said)
        if form.get("client_secret") != self._place.secret:
            return _refused(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        token = self._new_token(form.get("scope", ""))
        return {"token_type": "Bearer", "expires_in": _LIFE_S, "ext_expires_in": _LIFE_S, "access_token": token}

    @route("GET", IMDS, "/metadata/identity/oauth2/token")
    def machine_token(self, ask: Ask) -> Any:
        """Give a token to this machine's own identity, over plain HTTP as Azure's machines are asked."""
        if ask.headers.get("metadata", "").lower() != "true" or not self.managed_identity:
            return Answer({"error": "invalid_request", "error_description": "Identity not found"}, 400)
        resource, now = ask.query["resource"], int(time.time())
        times = {
            "expires_in": str(_LIFE_S),
            "ext_expires_in": str(_LIFE_S),
            "expires_on": str(now + _LIFE_S),
            "not_before": str(now),
        }
        token = {"access_token": self._new_token(resource), "token_type": "Bearer", "resource": resource}
        return {**token, **times, "client_id": self._place.client}

    def knows(self, ask: Ask) -> bool:
        """Tell whether a request carries a token of this directory."""
        return ask.headers.get("authorization", "").removeprefix("Bearer ") in self._tokens

    def _new_token(self, scope: str) -> str:
        now = int(time.time())
        claims = {
            "aud": scope.removesuffix("/.default"),
            "iss": f"https://sts.windows.net/{self._place.tenant}/",
            "iat": now, "nbf": now, "exp": now + _LIFE_S,
            "appid": self._place.client, "oid": self._place.client, "tid": self._place.tenant, "ver": "1.0",
            "jti": f"{now}-{len(self._tokens)}",
        }  # fmt: skip
        head = {"typ": "JWT", "alg": "RS256", "kid": "double"}
        token = ".".join([*(_part(json.dumps(p).encode()) for p in (head, claims)), _part(b"signed by nobody")])
        self._tokens.add(token)
        return token


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _refused(status: int, error: str, description: str) -> Answer:
    told = {"error": error, "error_description": description, "error_codes": [int(description[6:].split(":")[0])]}
    return Answer({**told, "timestamp": "2026-01-01 00:00:00Z", "trace_id": "0", "correlation_id": "0"}, status)
