"""Registered data sets with their versions, and the tables behind them as the Rust engine reads them."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.azure import mltable
from tests.fakes.azure.blob import BlobStore
from tests.fakes.azure.exchange import Answer, Ask, Refusal
from tests.fakes.azure.place import API, Place, guid, stamp
from tests.fakes.azure.routes import route

if TYPE_CHECKING:
    import pandas as pd

_AT = "/dataset/v1.0{ws}"


@dataclass
class Version:
    """One version of a data set; `saved` is the id under which jobs know it."""

    number: int
    dataflow: str
    properties: dict[str, Any] = field(default_factory=dict)
    saved: str = field(default_factory=guid)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def table(self) -> str:
        """The table's description as the SDK's engine wrote it when the data set was made."""
        return str(json.loads(self.dataflow)["meta"]["RsDataflow"])


@dataclass
class Registered:
    """One registered data set."""

    name: str
    kind: str = "tabular"
    id: str = field(default_factory=guid)
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)

    def dto(self, version: Version | None = None) -> dict[str, Any]:
        """Return it as the service writes it, with this version or the latest."""
        shown = version or self.versions[-1]
        state = {"state": "active", "deprecatedBy": None, "etag": None}
        latest = {
            "datasetId": self.id,
            "versionId": str(shown.number),
            "datasetDefinitionState": state,
            "dataflow": shown.dataflow,
            "dataPath": None,
            "partitionFormatInPath": None,
            "profileActionResult": None,
            "notes": None,
            "etag": f"e{shown.number}",
            "createdTime": stamp(shown.created),
            "modifiedTime": stamp(shown.created),
            "fileType": "Unknown",
            "properties": shown.properties,
            "savedDatasetId": shown.saved,
            "createdBy": {"userObjectId": "1", "userName": "The double's service principal"},
        }
        return {
            "datasetId": self.id,
            "datasetState": state,
            "latest": latest,
            "nextVersionId": str(len(self.versions) + 1),
            "createdTime": stamp(self.versions[0].created),
            "modifiedTime": stamp(shown.created),
            "etag": f"e{len(self.versions)}",
            "name": self.name,
            "description": self.description,
            "tags": dict(self.tags),
            "isVisible": True,
            "defaultCompute": None,
            "datasetType": self.kind,
        }


class Datasets:
    """Every registered or saved data set."""

    def __init__(self, place: Place, blobs: BlobStore) -> None:
        self._place, self._blobs = place, blobs
        self.registered: dict[str, Registered] = {}
        self._saved: dict[str, Version] = {}

    def add(self, name: str, frame: pd.DataFrame) -> Registered:
        """Register a table straight away, as somebody did before the test began."""
        path = f"seeded/{guid()}/dataframe.parquet"
        self._blobs.put(self._place.container, path, _parquet(frame))
        table = {"RsDataflow": mltable.of_parquet(self._place, path)}
        return self._add_version(name, json.dumps({"blocks": [], "meta": table}), {})

    def frame(self, saved: str) -> pd.DataFrame:
        """Return the table of a saved data set. Raises Refusal, ValueError."""
        version = self._version(saved)
        return mltable.read(version.table, self._files(version))

    def find(self, name: str) -> Registered:
        """Return a data set by its name or its id. Raises Refusal."""
        for dataset in self.registered.values():
            if name in (dataset.name, dataset.id):
                return dataset
        raise Refusal(404, "UserError", f"Cannot find dataset registered with name {name!r} in the workspace.")

    @route("GET", API, _AT + "/datasets/query/{question}")
    def query(self, ask: Ask) -> Any:
        """Give a data set by its name or by the id of one of its saved versions."""
        by, _, value = ask["question"].partition("=")
        if by.lower() == "name":
            found = self.find(value)
            return found.dto(self._numbered(found, ask.query.get("versionId") or ask.query.get("version")))
        return {
            "value": [d.dto(v) for d in self.registered.values() for v in d.versions if v.saved == value],
            "continuationToken": None,
        }

    @route("GET", API, _AT + "/datasets")
    def list(self, ask: Ask) -> Any:
        """List every data set."""
        return {"value": [d.dto() for d in self.registered.values()], "continuationToken": None, "nextLink": None}

    @route("POST", API, _AT + "/datasets")
    def register(self, ask: Ask) -> Any:
        """Register a data set, or its next version when the caller allows that."""
        sent, allowed = ask.json, ask.query.get("ifExistsOk", "false").lower() == "true"
        if sent["name"] in self.registered and not allowed:
            raise Refusal(409, "UserError", f"There is already a dataset registered under name {sent['name']!r}.")
        latest = sent["latest"]
        dataset = self._add_version(sent["name"], latest["dataflow"], latest.get("properties") or {})
        dataset.kind = sent.get("datasetType") or dataset.kind
        dataset.description, dataset.tags = sent.get("description"), sent.get("tags") or {}
        return dataset.dto()

    @route("GET", API, _AT + "/datasets/{id}/definitions")
    def definitions(self, ask: Ask) -> Any:
        """List the versions of a data set, newest first."""
        found = self.find(ask["id"])
        return {"value": [found.dto(v)["latest"] for v in reversed(found.versions)], "continuationToken": None, "nextLink": None}

    @route("GET", API, _AT + "/datasets/{id}/definitions/{number}")
    def definition(self, ask: Ask) -> Any:
        """Give one version."""
        found = self.find(ask["id"])
        return found.dto(self._numbered(found, ask["number"]))["latest"]

    @route("GET", API, _AT + "/datasets/{id}")
    def get(self, ask: Ask) -> Any:
        """Give a data set by its id."""
        return self.find(ask["id"]).dto()

    @route("PUT", API, _AT + "/datasets/{id}")
    def change(self, ask: Ask) -> Any:
        """Change what is said about a data set."""
        found = self.find(ask["id"])
        found.description, found.tags = ask.json.get("description"), ask.json.get("tags") or {}
        return found.dto()

    @route("DELETE", API, _AT + "/datasets/{name}")
    def unregister(self, ask: Ask) -> Any:
        """Take a name away with every version; what jobs have saved stays."""
        del self.registered[self.find(ask["name"]).name]
        return Answer(None, 200)

    @route("POST", API, _AT + "/saveddatasets")
    def ensure_saved(self, ask: Ask) -> Any:
        """Keep a data set that was not registered, so that a job can name it."""
        version = Version(1, ask.json["dataflowJson"], ask.json.get("properties") or {})
        self._saved[version.saved] = version
        return self._saved_dto(version)

    @route("GET", API, _AT + "/saveddatasets/{saved}")
    def get_saved(self, ask: Ask) -> Any:
        """Give a saved data set."""
        return self._saved_dto(self._version(ask["saved"]))

    @route("GET", API, "/data/v1.0{ws}/dataversion/{name}/versions/{number}")
    def as_table(self, ask: Ask) -> Any:
        """Describe a data set to the Rust engine: where its files are and how to read them."""
        version = self._version(ask["name"].removeprefix("unregistered-"))
        return {"legacyDataflow": version.table, "dataVersion": {"dataUri": None}, "entityMetadata": {}}

    def _add_version(self, name: str, dataflow: str, properties: dict[str, Any]) -> Registered:
        dataset = self.registered.setdefault(name, Registered(name))
        version = Version(len(dataset.versions) + 1, dataflow, properties)
        dataset.versions.append(version)
        self._saved[version.saved] = version
        return dataset

    def _version(self, saved: str) -> Version:
        if saved not in self._saved:
            raise Refusal(404, "UserError", f"No saved dataset has the id {saved!r}.")
        return self._saved[saved]

    def _numbered(self, dataset: Registered, number: str | None) -> Version | None:
        if not number:
            return None
        if not number.isdigit() or not 1 <= int(number) <= len(dataset.versions):
            raise Refusal(404, "UserError", f"Cannot find version {number} of dataset {dataset.name!r} in the workspace.")
        return dataset.versions[int(number) - 1]

    def _saved_dto(self, version: Version) -> dict[str, Any]:
        told = {"id": version.saved, "datasetType": "tabular", "dataflowJson": version.dataflow, "properties": version.properties}
        return {**told, "dataChanged": False, "dataPath": None}

    def _files(self, version: Version) -> dict[str, bytes]:
        """Return the files that a data set reads, by their path in the container."""
        container = self._place.container
        return {p: c for place in mltable.places(version.table) for p, c in self._blobs.under(container, place).items()}


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, engine="pyarrow")
    return buffer.getvalue()
