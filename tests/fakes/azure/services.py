"""Web services on container instances (ACI): checked, made, looked at, taken away; each one a process that really serves."""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes.azure.container import Container, unpacked
from tests.fakes.azure.exchange import Answer, Ask
from tests.fakes.azure.models import HOST, MmsRefusal, patch
from tests.fakes.azure.place import API_HOST, guid, stamp
from tests.fakes.azure.routes import route

if TYPE_CHECKING:
    from tests.fakes.azure.double import AzureDouble

_AT = "/modelmanagement/v1.0{ws}"


@dataclass
class Service:
    """One web service; `sent` is what the caller asked for, `state` Azure's word."""

    name: str
    sent: dict[str, Any]
    folder: tempfile.TemporaryDirectory[str]
    state: str = "Transitioning"
    error: dict[str, Any] | None = None
    container: Container | None = None
    operation: str = field(default_factory=guid)
    keys: list[str] = field(default_factory=lambda: [secrets.token_urlsafe(24) for _ in range(2)])
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    starter: threading.Thread | None = None

    @property
    def size(self) -> dict[str, Any]:
        """Cores and memory."""
        return {"cpu": 0.1, "memoryInGB": 0.5, **{k: v for k, v in self.sent["containerResourceRequirements"].items() if v}}

    def dto(self, region: str, models: list[dict[str, Any]]) -> dict[str, Any]:
        """Return it as the service writes it."""
        serves = self.state == "Healthy" and self.container is not None
        image = {k: v for k, v in self.sent["environmentImageRequest"].items() if k != "assets"}
        return {
            "id": self.name,
            "name": self.name,
            "computeType": "ACI",
            "createdTime": stamp(self.created),
            "updatedTime": stamp(self.updated),
            "description": self.sent.get("description"),
            "kvTags": self.sent.get("kvTags") or {},
            "properties": {"hasInferenceSchema": "True", "hasHttps": "False", **(self.sent.get("properties") or {})},
            "createdBy": {"userObjectId": "1", "userName": "The double's service principal"},
            "state": self.state,
            "error": self.error,
            "operationId": self.operation,
            "deploymentType": "Http webservice",
            "imageId": None,
            "imageDigest": None,
            "appInsightsEnabled": bool(self.sent.get("appInsightsEnabled")),
            "authEnabled": bool(self.sent.get("authEnabled")),
            "cname": self.sent.get("cname"),
            "containerResourceRequirements": self.size,
            "dataCollection": {"eventHubEnabled": False, "storageEnabled": False},
            "location": self.sent.get("location") or region,
            "publicIp": "127.0.0.1" if serves else None,
            "publicFqdn": None,
            "scoringUri": self.container.uri if serves and self.container else None,
            "sslCertificate": None,
            "sslEnabled": False,
            "sslKey": None,
            "vnetConfiguration": None,
            "encryptionProperties": None,
            "environmentImageRequest": image,
            "models": models,
            "modelConfigMap": {},
        }


class Services:
    """Every web service. `held` keeps deployments in Transitioning until `release()`; `quota` bounds all cores together."""

    def __init__(self, double: AzureDouble) -> None:
        self._double = double
        self.all: dict[str, Service] = {}
        self.operations: dict[str, Service] = {}
        self.made, self.quota, self.held = 0, 10.0, False

    @route("POST", HOST, _AT + "/services/validate/name/{name}")
    def validate_name(self, ask: Ask) -> Any:
        """Say whether a name is free; an empty answer means yes."""
        return self._problem(f"Service {ask['name']} with the same name already exists.") if ask["name"] in self.all else {}

    @route("POST", HOST, _AT + "/services/validate")
    @route("POST", HOST, _AT + "/services/validate/resource")
    def validate(self, ask: Ask) -> Any:
        """Find nothing wrong; quotas show when the container is made."""
        return {}

    @route("POST", HOST, _AT + "/services")
    def create(self, ask: Ask) -> Any:
        """Start to make a service."""
        name = ask.json["name"]
        if name in self.all and not ask.json.get("overwrite"):
            subscription = self._double.place.subscription
            said = f"Subscription {subscription} already contains an ACI Container Group with name {name}"
            raise MmsRefusal(409, "ServiceExists", said)
        for model_id in ask.json["environmentImageRequest"].get("modelIds") or ():
            self._double.models.model(model_id)
        self._forget(self.all.pop(name, None))
        service = Service(name, ask.json, tempfile.TemporaryDirectory(prefix="azure-aci-"))
        given = ask.json.get("keys") or {}
        service.keys = [given.get(n) or k for n, k in zip(("primaryKey", "secondaryKey"), service.keys, strict=True)]
        self.all[name] = self.operations[service.operation] = service
        self.made += 1
        if not self.held:
            self._start(service)
        return Answer(None, 202, self._operation_header(service))

    @route("GET", HOST, _AT + "/services")
    def list(self, ask: Ask) -> Any:
        """List the services; there is no link to a next page when there is none."""
        wanted = ask.query.get("modelName"), ask.query.get("computeType")
        found = [self._dto(s) for s in self.all.values()]
        by_model = [d for d in found if wanted[0] is None or any(m["name"] == wanted[0] for m in d["models"])]
        return {"value": [d for d in by_model if wanted[1] in (None, d["computeType"])]}

    @route("GET", HOST, _AT + "/services/{name}")
    def get(self, ask: Ask) -> Any:
        """Give one service."""
        return self._dto(self._service(ask["name"]))

    @route("PATCH", HOST, _AT + "/services/{name}")
    def change(self, ask: Ask) -> Any:
        """Change what is said about a service."""
        service = self._service(ask["name"])
        patch(service.sent, ask.json)
        service.updated = datetime.now(UTC)
        return self._dto(service)

    @route("DELETE", HOST, _AT + "/services/{name}")
    def delete(self, ask: Ask) -> Any:
        """Take a service away."""
        if ask["name"] not in self.all:
            return Answer(None, 204)
        self._forget(self.all.pop(ask["name"]))
        return Answer(None, 200)

    @route("GET", HOST, _AT + "/services/{name}/logs")
    def logs(self, ask: Ask) -> Any:
        """Give the end of a container's log."""
        service = self._service(ask["name"])
        if service.container is None:
            raise MmsRefusal(404, "ContainerNotFound", f"The container of {service.name} is not there yet.")
        lines = service.container.log().splitlines(keepends=True)
        return {"content": "".join(lines[-int(ask.query.get("tail") or 5000) :])}

    @route("POST", HOST, _AT + "/services/{name}/listkeys")
    def list_keys(self, ask: Ask) -> Any:
        """Give both keys."""
        primary, secondary = self._service(ask["name"]).keys
        return {"primaryKey": primary, "secondaryKey": secondary}

    @route("POST", HOST, _AT + "/services/{name}/regenerateKeys")
    def regenerate_key(self, ask: Ask) -> Any:
        """Replace one key; the container takes the new one from then on."""
        service = self._service(ask["name"])
        place = 0 if ask.json["keyType"].lower() == "primary" else 1
        service.keys[place] = ask.json.get("keyValue") or secrets.token_urlsafe(24)
        if service.container is not None:
            service.container.write_keys(service.keys)
        return Answer(None, 202, self._operation_header(service))

    @route("GET", HOST, _AT + "/operations/{operation}")
    def operation(self, ask: Ask) -> Any:
        """Say how far a deployment is."""
        service = self.operations.get(ask["operation"])
        if service is None:
            raise MmsRefusal(404, "OperationNotFound", f"Operation {ask['operation']} was not found.")
        state = {"Healthy": "Succeeded", "Transitioning": "Running"}.get(service.state, "Failed")
        details = {"subOperationType": "DeployService", "subOperationState": state}
        told = {"id": service.operation, "operationType": "Service", "state": state, "error": service.error}
        times = {"createdTime": stamp(service.created), "endTime": None if state == "Running" else stamp(service.updated)}
        return {**told, **times, "operationDetails": details, "operationLog": None, "resourceLocation": None}

    def release(self) -> None:
        """Let deployments go on that were held."""
        with self._double.lock:
            self.held = False
            for service in self.all.values():
                if service.starter is None:
                    self._start(service)

    def close(self) -> None:
        """End every container and wait until it is gone."""
        for service in list(self.operations.values()):
            self._forget(service)
            if service.starter is not None:
                service.starter.join(10)
        self.all.clear()

    def _service(self, name: str) -> Service:
        if name not in self.all:
            raise MmsRefusal(404, "ServiceNotFound", f"Service with name {name} was not found.")
        return self.all[name]

    def _dto(self, service: Service) -> dict[str, Any]:
        wanted = service.sent["environmentImageRequest"].get("modelIds") or ()
        known = [self._double.models.registered[i].dto() for i in wanted if i in self._double.models.registered]
        return service.dto(self._double.place.region, known)

    def _operation_header(self, service: Service) -> dict[str, str]:
        return {"Operation-Location": f"https://{API_HOST}/api{self._double.place.scope}/operations/{service.operation}"}

    def _problem(self, message: str) -> dict[str, Any]:
        return {"error": {"code": "BadRequest", "message": message, "details": []}}

    def _start(self, service: Service) -> None:
        others = sum(float(s.size["cpu"]) for s in self.all.values() if s is not service and s.container is not None)
        asked = float(service.size["cpu"])
        if others + asked > self.quota:
            said = (
                "Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'StandardCores' exceeded in "
                f"region '{self._double.place.region}'. Limit: '{self.quota:g}', Usage: '{others:g}' Requested: '{asked:g}'."
            )
            self._fail(service, "ContainerGroupQuotaReached", said)
            return
        service.container = Container(Path(service.folder.name), service.keys if service.sent.get("authEnabled") else None)
        self._fill(service, service.container)
        service.container.start()
        wait: Callable[[], None] = lambda: self._await(service, service.container)  # noqa: E731
        service.starter = threading.Thread(target=wait, name=f"aci-{service.name}", daemon=True)
        service.starter.start()

    def _fill(self, service: Service, container: Container) -> None:
        """Put into the container what an image would hold: the uploaded code and the registered models."""
        image = service.sent["environmentImageRequest"]
        for asset in image["assets"]:
            content = self._double.artifacts.read(str(asset["url"]).removeprefix("aml://artifact/"))
            unpacked(content, container.app, None if asset.get("unpack") else str(asset["id"]))
        models = [self._double.models.model(i) for i in image.get("modelIds") or ()]
        for model in models:
            for path, content in self._double.models.files(model).items():
                target = container.models / model.name / str(model.version) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        below = f"{models[0].name}/{models[0].version}" if len(models) == 1 else ""
        environment = (image.get("environment") or {}).get("environmentVariables") or {}
        entry = environment.get("AZUREML_ENTRY_SCRIPT") or image["driverProgram"]
        container.order(entry, container.models / below, {str(k): str(v) for k, v in environment.items()})

    def _await(self, service: Service, container: Container | None) -> None:
        assert container is not None
        crash = container.wait_until_ready()
        with self._double.lock:
            service.updated = datetime.now(UTC)
            if crash is None:
                service.state = "Healthy"
            elif self.all.get(service.name) is service:
                said = f"Error in entry script, {crash}, please run print(service.get_logs()) to get details."
                self._fail(service, "CrashLoopBackOff", said)

    def _fail(self, service: Service, code: str, message: str) -> None:
        outer = f"Aci Deployment failed with exception: {message}"
        details = [{"code": code, "message": message}]
        service.error = {"code": "AciDeploymentFailed", "statusCode": 400, "message": outer, "details": details}
        service.state, service.updated = "Failed", datetime.now(UTC)

    def _forget(self, service: Service | None) -> None:
        if service is not None:
            if service.container is not None:
                service.container.stop()
            service.folder.cleanup()
