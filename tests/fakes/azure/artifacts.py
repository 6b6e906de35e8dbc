"""Artifacts: the files of runs, of uploaded folders and of models, kept in blob storage and named by the artifact service."""

from __future__ import annotations

from typing import Any

from tests.fakes.azure.blob import BlobStore
from tests.fakes.azure.exchange import Answer, Ask, Refusal
from tests.fakes.azure.place import API, stamp
from tests.fakes.azure.routes import route

CONTAINER = "azureml"
_AT = "/artifact/v2.0{ws}/artifacts"
_RUN = "/history/v1.0{ws}/experiments/{experiment}/runs/{run}/artifacts"


class Artifacts:
    """Files by origin ("ExperimentRun", "LocalUpload"), container and path."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def put(self, origin: str, container: str, path: str, content: bytes) -> None:
        """Keep a file."""
        self._blobs.put(CONTAINER, f"{origin}/{container}/{path}", content)

    def read(self, artifact_id: str) -> bytes:
        """Return the file behind `origin/container/path`. Raises KeyError."""
        return self._blobs.read(CONTAINER, artifact_id)

    def under(self, prefix: str) -> dict[str, bytes]:
        """Return every file whose `origin/container/path` begins so, by that name."""
        return self._blobs.under(CONTAINER, prefix)

    @route("GET", API, _AT + "/contentinfo/{origin}/{container}/{path*}")
    def content_information(self, ask: Ask) -> Any:
        """Say where a file can be read."""
        path = ask["path"].strip("/")
        name = f"{ask['origin']}/{ask['container']}/{path}"
        if name not in self.under(name):
            raise Refusal(404, "UserError", f"Artifact {path} was not found in {ask['container']}.")
        return self._information(name)

    @route("GET", API, _AT + "/prefix/contentinfo/{origin}/{container}/{path*}")
    @route("GET", API, _AT + "/prefix/contentinfo/{origin}/{container}")
    @route("GET", API, _AT + "/prefix/contentinfo/{origin}/{container}/")
    def prefix_information(self, ask: Ask) -> Any:
        """Say where every file under a prefix can be read."""
        return {"value": [self._information(n) for n in self._named(ask)], "continuationToken": None, "nextLink": None}

    @route("GET", API, _AT + "/{origin}/{container}")
    @route("GET", API, _AT + "/{origin}/{container}/{path*}")
    def list(self, ask: Ask) -> Any:
        """List every file of a container, or of a folder in it."""
        return {"value": [self._dto(n) for n in self._named(ask)], "continuationToken": None, "nextLink": None}

    @route("POST", API, _AT + "/batch/metadata/{origin}/{container}")
    def create_empty(self, ask: Ask) -> Any:
        """Name new files and say where their content is to be put."""
        return self._empty(ask["origin"], ask["container"], [entry["path"] for entry in ask.json["paths"]])

    @route("POST", API, _RUN + "/batch/metadata")
    def create_empty_of_run(self, ask: Ask) -> Any:
        """Name new files of a run."""
        return self._empty("ExperimentRun", f"dcid.{ask['run']}", [entry["path"] for entry in ask.json["paths"]])

    @route("GET", API, _AT + "/content/{origin}/{container}/{path*}")
    def download(self, ask: Ask) -> Any:
        """Give a file's content."""
        name = f"{ask['origin']}/{ask['container']}/{ask['path']}"
        if name not in self.under(name):
            raise Refusal(404, "UserError", f"Artifact {ask['path']} was not found in {ask['container']}.")
        return Answer(self.read(name))

    def _named(self, ask: Ask) -> list[str]:
        path = ask.params.get("path", "").strip("/")
        folder = f"{ask['origin']}/{ask['container']}/"
        return [n for n in self.under(folder + path) if not path or n == folder + path or n.startswith(f"{folder}{path}/")]

    def _empty(self, origin: str, container: str, paths: list[str]) -> dict[str, Any]:
        names = {path: f"{origin}/{container}/{path}" for path in paths}
        return {
            "artifacts": {path: self._dto(name) for path, name in names.items()},
            "artifactContentInformation": {path: self._information(name) for path, name in names.items()},
            "errors": {},
        }

    def _information(self, name: str) -> dict[str, Any]:
        origin, container, path = name.split("/", 2)
        told = {"contentUri": self._blobs.url(CONTAINER, name), "origin": origin, "container": container, "path": path}
        return {**told, "tags": {}, "dataPath": None}

    def _dto(self, name: str) -> dict[str, Any]:
        origin, container, path = name.split("/", 2)
        named = {"artifactId": name, "origin": origin, "container": container, "path": path, "etag": "e1"}
        where = {"dataStoreName": "workspaceartifactstore", "path": name}
        return {**named, "createdTime": stamp(), "dataPath": where, "tags": {}}
