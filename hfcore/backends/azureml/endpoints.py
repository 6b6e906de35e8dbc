"""The endpoints of a workspace: container instances put into service, looked at, and taken out again."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hfcore.backends.azureml import deployment, run_facts, sdk
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.data import OURS
from hfcore.backends.azureml.registry import Models
from hfcore.backends.azureml.runs import Runs
from hfcore.backends.azureml.statuses import endpoint_state
from hfcore.backends.azureml.translation import is_absent, sentence_of
from hfcore.errors import DeploymentFailed, EndpointNotFound, HfError, InvalidSettings, NameTaken, NotFound, NotSupported
from hfcore.records import DeploymentSpec, Endpoint, ModelVersion
from hfcore.states import EndpointState

WAIT_S = 3600.0
FIRST_LOOK_S, SLOWEST_LOOK_S, GROWTH = 1.0, 20.0, 1.4
BUILDING = "Azure builds the image and starts the container, 10 to 30 minutes"
_UNSEEN = datetime.fromtimestamp(0, UTC)


class Endpoints:
    """The endpoints of one workspace; Azure's service list is the one place where their state is."""

    def __init__(self, connection: Connection, models: Models, runs: Runs) -> None:
        self._connection, self._models, self._runs = connection, models, runs
        self._keys: dict[tuple[str, datetime], tuple[str, str]] = {}

    def deploy(self, model: ModelVersion, spec: DeploymentSpec, wait: bool) -> Endpoint:
        """Put a model into service behind `spec.name`; with `wait`, return when it is healthy.

        Raises:
            NameTaken: an endpoint of that name exists.
            ModelNotFound: the model is not registered here.
            InvalidSettings: larger than a container instance can be.
            QuotaExceeded: Azure has no room for it.
            DeploymentFailed: with `wait`, the endpoint did not become healthy; says why.
        """
        wrong = deployment.wrong_spec(spec)
        if wrong:
            raise InvalidSettings(wrong)
        known = self._models.get(model.name, model.version)
        if any(e.name == spec.name for e in self.list()):
            raise NameTaken(f"An endpoint called {spec.name!r} exists already.", "Choose another name, or delete it first.")
        doing = f"deploying {known.label} as {spec.name}"
        self._connection.change(doing, lambda: self._deploy(known, spec), "endpoints", "resources")
        return self._settled(spec.name) if wait else self.get(spec.name)

    def _deploy(self, model: ModelVersion, spec: DeploymentSpec) -> None:
        run = self._run_of(model)
        deployment.deploy(self._connection.workspace, self._models.sdk_model(model), model, run, spec)

    def _run_of(self, model: ModelVersion) -> Any:
        """Return the SDK's child run that a model came from, None when Azure has it no more."""
        try:
            return self._runs.sdk_run(model.run_id, model.child_id) if model.run_id else None
        except NotFound:
            return None

    def _settled(self, name: str) -> Endpoint:
        """Wait until a deployment has ended. Raises DeploymentFailed."""
        deadline, pause = time.monotonic() + WAIT_S, FIRST_LOOK_S
        while time.monotonic() < deadline:
            endpoint = self._connection.ask_now("looking at the endpoint", lambda: self._look(name))
            if endpoint.state is EndpointState.HEALTHY:
                self._connection.answers.forget("endpoints")
                return endpoint
            if endpoint.state in (EndpointState.FAILED, EndpointState.UNHEALTHY):
                hint = "Its log has more. Delete it, then deploy again."
                raise DeploymentFailed(f"The endpoint {name!r} is {endpoint.state.lower()}: {endpoint.message}", hint)
            time.sleep(pause)
            pause = min(SLOWEST_LOOK_S, pause * GROWTH)
        raise DeploymentFailed(f"The endpoint {name!r} is not in service after {WAIT_S:g} s.", "Look at its state and its log.")

    def _look(self, name: str) -> Endpoint:
        return self._record(self._service(name))

    def _service(self, name: str) -> Any:
        """Return the SDK's service. Raises EndpointNotFound; to be called inside a call."""
        try:
            return sdk.load("azureml.core.webservice").Webservice(self._connection.workspace, name)
        except Exception as error:
            if is_absent(error):
                raise EndpointNotFound(name) from error
            raise

    def list(self) -> Sequence[Endpoint]:
        """Return every endpoint with its present state, by name."""
        return self._connection.ask(("endpoints",), "reading the endpoints", self._read)

    def _read(self) -> Sequence[Endpoint]:
        webservice = sdk.load("azureml.core.webservice").Webservice
        services = [s for s in webservice.list(self._connection.workspace) if str(s.compute_type).upper() == "ACI"]
        return sorted((self._record(s) for s in services), key=lambda e: e.name)

    def get(self, name: str) -> Endpoint:
        """Return one endpoint. Raises EndpointNotFound, which lists the known names."""
        found = self.list()
        for endpoint in found:
            if endpoint.name == name:
                return endpoint
        raise EndpointNotFound(name, [e.name for e in found])

    def _record(self, service: Any) -> Endpoint:
        tags = dict(service.tags or {})
        told = {k.removeprefix(OURS): v for k, v in tags.items() if k.startswith(OURS)}
        model_name, model_version = _model_of(service, told)
        state, size = endpoint_state(service.state), service.container_resource_requirements
        features = tuple(json.loads(told.get("features") or "[]"))
        created = run_facts.moment(service.created_time) or _UNSEEN
        keys = self._keys_of(service, created) if state is EndpointState.HEALTHY and service.auth_enabled else None
        return Endpoint(
            name=str(service.name),
            state=state,
            model_name=model_name,
            model_version=model_version,
            created_at=created,
            scoring_uri=service.scoring_uri or None,
            auth=bool(service.auth_enabled),
            primary_key=keys[0] if keys else None,
            description=str(service.description or ""),
            tags={k: str(v) for k, v in tags.items() if not k.startswith(OURS)},
            cpu_cores=float(getattr(size, "cpu", 0) or 0),
            memory_gb=float(getattr(size, "memory_in_gb", 0) or 0),
            phase=_phase(service, state, told),
            message=_message(service, state),
            changed_at=run_facts.moment(service.updated_time),
            features=features,
            uses_follow_up_time="time" in features,
            threshold=float(told["threshold"]) if told.get("threshold") else None,
        )

    def _keys_of(self, service: Any, created: datetime) -> tuple[str, str] | None:
        """Return a service's keys, read once; None when Azure does not give them now."""
        at = (str(service.name), created)
        if at not in self._keys:
            try:
                primary, secondary = service.get_keys()
            except HfError:
                return None
            self._keys[at] = (str(primary), str(secondary))
        return self._keys[at]

    def keys(self, name: str) -> tuple[str, str]:
        """Return the primary and the secondary key. Raises EndpointNotFound, NotSupported when none is wanted."""
        if not self.get(name).auth:
            raise NotSupported(f"The endpoint {name!r} asks for no key.", "Call it without one.")
        primary, secondary = self._connection.ask_now("reading the keys", lambda: self._service(name).get_keys())
        return str(primary), str(secondary)

    def rotate(self, name: str, which: str) -> str:
        """Replace one key and return the new one; the other goes on. Raises EndpointNotFound, InvalidSettings, NotSupported."""
        if which not in ("primary", "secondary"):
            raise InvalidSettings({"which": f"which is {which!r}; it must be primary or secondary."})
        if not self.get(name).auth:
            raise NotSupported(f"The endpoint {name!r} asks for no key.", "Deploy it with a key to have one replaced.")
        doing = f"replacing the {which} key of {name}"
        primary, secondary = self._connection.change(doing, lambda: self._rotate(name, which), "endpoints")
        return primary if which == "primary" else secondary

    def _rotate(self, name: str, which: str) -> tuple[str, str]:
        service = self._service(name)
        service.regen_key(which.capitalize())
        self._keys = {at: keys for at, keys in self._keys.items() if at[0] != name}
        primary, secondary = service.get_keys()
        return str(primary), str(secondary)

    def logs(self, name: str, tail: int) -> str:
        """Return the last lines of an endpoint's log, "" before there is one. Raises EndpointNotFound."""
        endpoint = self.get(name)
        text = self._connection.ask(("logs", "endpoint", name), "reading the log", lambda: self._log(name, endpoint))
        return "".join(text.splitlines(keepends=True)[-tail:]) if tail > 0 else ""

    def _log(self, name: str, endpoint: Endpoint) -> str:
        try:
            return str(self._service(name).get_logs() or "")
        except EndpointNotFound:
            raise
        except Exception:
            if endpoint.state is EndpointState.TRANSITIONING:  # the container is not there yet, so neither is its log
                return ""
            raise

    def delete(self, name: str) -> None:
        """Take an endpoint out of service. Raises EndpointNotFound."""
        self.get(name)
        doing = f"deleting the endpoint {name}"
        self._connection.change(doing, lambda: self._service(name).delete(), "endpoints", "resources")
        self._keys = {at: keys for at, keys in self._keys.items() if at[0] != name}


def _model_of(service: Any, told: dict[str, str]) -> tuple[str, int]:
    """Return the model that a service serves: as this app noted it, else as Azure lists it."""
    name, _, version = told.get("model", "").rpartition(":")
    if name and version.isdigit():
        return name, int(version)
    models = getattr(service, "models", None) or []
    return (str(models[0].name), int(models[0].version)) if models else ("not known", 0)


def _phase(service: Any, state: EndpointState, told: dict[str, str]) -> str:
    if str(service.state) == "Deleting":
        return "Being deleted"
    tried = f". Tried before it was sent: {told['smoke_test']}" if told.get("smoke_test") else ""
    return f"{BUILDING}{tried}" if state is EndpointState.TRANSITIONING else ""


def _message(service: Any, state: EndpointState) -> str | None:
    if state in (EndpointState.HEALTHY, EndpointState.TRANSITIONING):
        return None
    told = service.error if isinstance(service.error, dict) else {}
    details = next((d.get("message") for d in told.get("details") or [] if d.get("message")), None)
    reason = details or told.get("message")
    return f"{sentence_of(str(reason))}." if reason else f"Azure says {service.state!r}; its log may say why."
