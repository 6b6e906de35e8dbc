"""Model management: assets, which are groups of artifacts, and registered models in versions over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.azure.artifacts import Artifacts
from tests.fakes.azure.exchange import Answer, Ask, Refusal
from tests.fakes.azure.place import API, MMS, guid, stamp
from tests.fakes.azure.routes import route

HOST = f"{API}|{MMS}"
_AT = "/modelmanagement/v1.0{ws}"


def mms_error(status: int, code: str, message: str) -> Answer:
    """Return an error as the model management service words it."""
    names = {400: "BadRequest", 404: "NotFound", 409: "Conflict"}
    said = {"code": names[status], "statusCode": status, "message": names[status]}
    return Answer({**said, "details": [{"code": code, "message": message}], "correlation": {"RequestId": guid()}}, status)


class MmsRefusal(Refusal):
    """A handler's way to answer with an error in the model management service's words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.answer = mms_error(status, code, message)


@dataclass
class RegisteredModel:
    """One version of a registered model; `sent` is what the caller said about it."""

    name: str
    version: int
    sent: dict[str, Any]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def id(self) -> str:
        """Azure's id: name:version."""
        return f"{self.name}:{self.version}"

    def dto(self) -> dict[str, Any]:
        """Return it as the service writes it."""
        sent = self.sent
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "framework": sent.get("framework") or "Custom",
            "frameworkVersion": sent.get("frameworkVersion"),
            "description": sent.get("description"),
            "url": sent.get("url"),
            "mimeType": sent.get("mimeType") or "application/json",
            "unpack": bool(sent.get("unpack")),
            "kvTags": sent.get("kvTags") or {},
            "tags": sent.get("kvTags") or {},
            "properties": sent.get("properties") or {},
            "createdTime": stamp(self.created),
            "modifiedTime": stamp(self.created),
            "createdBy": {"userObjectId": "1", "userName": "The double's service principal"},
            "experimentName": sent.get("experimentName"),
            "runId": sent.get("runId"),
            "datasets": [],
            "parentModelId": None,
            "derivedModelIds": [],
            "resourceRequirements": sent.get("resourceRequirements"),
            "sampleInputData": None,
            "sampleOutputData": None,
        }


class Models:
    """Every asset and every version of every model."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self.assets: dict[str, dict[str, Any]] = {}
        self.registered: dict[str, RegisteredModel] = {}
        self._versions: dict[str, int] = {}

    def add(self, name: str, files: dict[str, bytes], **said: Any) -> RegisteredModel:
        """Register a version straight away, as somebody did before the test began; `said` is what Azure keeps about it."""
        key, folder = guid().replace("-", ""), guid()
        for path, content in files.items():
            self._artifacts.put("LocalUpload", folder, path, content)
        tops = sorted({path.partition("/")[0] for path in files})
        self.assets[key] = {"id": key, "name": name, "artifacts": [{"prefix": f"LocalUpload/{folder}/{top}"} for top in tops]}
        return self._register({"name": name, "url": f"aml://asset/{key}", **said})

    def files(self, model: RegisteredModel) -> dict[str, bytes]:
        """Return a model's files by their path below the model's folder."""
        asset = self.assets[str(model.sent["url"]).removeprefix("aml://asset/")]
        found: dict[str, bytes] = {}
        for artifact in asset["artifacts"]:
            prefix = artifact.get("prefix") or artifact["id"]
            parent = prefix.rstrip("/").rpartition("/")[0]
            inside = self._artifacts.under(prefix.rstrip("/"))
            found |= {name.removeprefix(f"{parent}/"): content for name, content in inside.items()}
        return found

    def model(self, model_id: str) -> RegisteredModel:
        """Return a version of a model; of a name alone the latest. Raises Refusal."""
        versions = [m for m in self.registered.values() if model_id in (m.id, m.name)]
        if not versions:
            raise MmsRefusal(404, "ModelNotFound", f"The model with id {model_id} was not found.")
        return max(versions, key=lambda m: m.version)

    @route("POST", HOST, _AT + "/assets")
    def create_asset(self, ask: Ask) -> Any:
        """Keep a group of artifacts under a new id."""
        key = guid().replace("-", "")
        fixed = {
            "id": key,
            "createdTime": stamp(),
            "kvTags": {},
            "properties": {},
            "type": None,
            "description": None,
            "meta": None,
        }
        self.assets[key] = {**fixed, **{k: v for k, v in ask.json.items() if v is not None}}
        return self.assets[key]

    @route("GET", HOST, _AT + "/assets/{asset}")
    def get_asset(self, ask: Ask) -> Any:
        """Give a group of artifacts."""
        if ask["asset"] not in self.assets:
            raise MmsRefusal(404, "AssetNotFound", f"The asset with id {ask['asset']} was not found.")
        return self.assets[ask["asset"]]

    @route("POST", HOST, _AT + "/models")
    def register(self, ask: Ask) -> Any:
        """Register the next version of a name; a version's number is never used again."""
        return self._register(ask.json).dto()

    def _register(self, sent: dict[str, Any]) -> RegisteredModel:
        name = sent["name"]
        self._versions[name] = self._versions.get(name, 0) + 1
        model = RegisteredModel(name, self._versions[name], sent)
        self.registered[model.id] = model
        return model

    @route("GET", HOST, _AT + "/models")
    def list(self, ask: Ask) -> Any:
        """List versions, newest first, of one name or run when asked."""
        asked = ask.query
        found = sorted(self.registered.values(), key=lambda m: m.created, reverse=True)
        found = [m for m in found if asked.get("name") in (None, m.name) and asked.get("runId") in (None, m.sent.get("runId"))]
        if asked.get("latestVersionOnly", asked.get("latest", "false")).lower() == "true":
            found = [m for m in found if m.version == max(o.version for o in found if o.name == m.name)]
        return {"value": [m.dto() for m in found[: int(asked["count"]) if "count" in asked else None]]}

    @route("GET", HOST, _AT + "/models/{model}")
    def get(self, ask: Ask) -> Any:
        """Give one version."""
        return self.model(ask["model"]).dto()

    @route("PATCH", HOST, _AT + "/models/{model}")
    def change(self, ask: Ask) -> Any:
        """Change what is said about a version."""
        model = self.model(ask["model"])
        patch(model.sent, ask.json)
        return model.dto()

    @route("DELETE", HOST, _AT + "/models/{model}")
    def delete(self, ask: Ask) -> Any:
        """Forget a version."""
        del self.registered[self.model(ask["model"]).id]
        return Answer(None, 200)


def patch(target: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    """Apply a JSON patch whose paths are one or two names deep."""
    for change in changes:
        first, _, second = change["path"].strip("/").partition("/")
        if second:
            place = target.setdefault(first, None) or {}
            target[first] = {**place, second: change.get("value")}
            if change["op"] == "remove":
                del target[first][second]
        else:
            target[first] = change.get("value")
