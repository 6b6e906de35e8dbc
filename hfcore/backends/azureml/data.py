"""The tabular data sets of a workspace: the shipped one, registered when it is first needed, and tables in versions."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from hfcore.backends.azureml import dataset_tags, sdk, transport
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.dataset_tags import OURS as OURS
from hfcore.backends.azureml.translation import is_absent
from hfcore.datasets.dataset import Dataset, Source
from hfcore.datasets.heart_failure import load_heart_failure, shipped_dataset
from hfcore.errors import ArtifactDamaged, DatasetNotFound, InvalidDataset

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.datasets.schema import Schema

FOLDER = "hfstudio"
_FRAMES = 4


class Datasets:
    """The data sets of one workspace; what is known of a version is remembered, since a version never changes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._records: dict[tuple[str, int], Dataset] = {}
        self._frames: dict[tuple[str, int], pd.DataFrame] = {}

    def get(self, name: str, version: int | None = None) -> Dataset:
        """Return a data set, its newest version by default. Raises DatasetNotFound."""
        if version is not None and (name, version) in self._records:
            return self._records[name, version]
        key = ("datasets", "get", name, str(version))
        found = self._connection.ask(key, f"reading the data set {name}", lambda: self._look(name, version))
        if found is not None:
            return found
        shipped = shipped_dataset()
        if name == shipped.name and version in (None, shipped.version):
            return shipped
        raise DatasetNotFound(name if version is None else f"{name}:{version}", [d.name for d in self.list()])

    def look(self, name: str, version: int) -> Dataset:
        """Return one version of a data set; to be called inside a call. Raises DatasetNotFound."""
        if (name, version) in self._records:
            return self._records[name, version]
        found = self._look(name, version)
        if found is None and (name, version) == (shipped_dataset().name, shipped_dataset().version):
            return shipped_dataset()
        if found is None:
            raise DatasetNotFound(f"{name}:{version}")
        return found

    def _look(self, name: str, version: int | None) -> Dataset | None:
        registered = self.registered(name, version)
        return None if registered is None else self._record(registered)

    def registered(self, name: str, version: int | None = None) -> Any:
        """Return the SDK's data set, None when there is none; to be called inside a call."""
        listed = self._listed()
        if listed is not None and name not in [r.name for r in listed]:
            return None
        try:
            return sdk.load("azureml.core").Dataset.get_by_name(self._connection.workspace, name, version or "latest")
        except Exception as error:
            if is_absent(error) or "cannot find dataset" in str(error).lower():
                return None
            raise

    def list(self) -> Sequence[Dataset]:
        """Return the newest version of every tabular data set, by name; the shipped one is always among them."""
        found = {name: self.get(name) for name in {*self.names(), shipped_dataset().name}}
        return [found[name] for name in sorted(found)]

    def names(self) -> Sequence[str]:
        """Return the names that are registered in Azure."""
        return self._connection.ask(("datasets", "list"), "reading the data sets", self._names)

    def _names(self) -> Sequence[str]:
        return [r.name for r in self._listed() or () if f"{OURS}part_of" not in (r.tags or {})]

    def _listed(self) -> Any:
        """Return what is registered, None where Azure offers no list; asking for an unknown name would be noisy."""
        try:
            return self._connection.workspace.datasets.registrations
        except Exception as error:
            if is_absent(error):
                return None
            raise

    def versions(self, name: str) -> Sequence[Dataset]:
        """Return every version of a data set, newest first. Raises DatasetNotFound."""
        newest = self.get(name)
        return (newest, *(self.get(name, number) for number in range(newest.version - 1, 0, -1)))

    def register(
        self,
        name: str,
        table: pd.DataFrame | str | Path,
        description: str,
        schema: Schema | None = None,
        source: Source | None = None,
    ) -> Dataset:
        """Check a table and keep it as the next version of `name`. Raises InvalidDataset."""
        from hfcore.datasets.validation import check_schema, check_table, read_table

        label = name.strip()
        if label == shipped_dataset().name:
            raise InvalidDataset({"name": f"{label!r} is the data set that comes with the program; choose another name."})
        frame = read_table(table) if isinstance(table, (str, Path)) else table
        check_table(frame, label)
        if schema is not None:
            check_schema(frame, schema)
        if source is None and isinstance(table, (str, Path)):
            source = Source(Path(table).name)
        tags = dataset_tags.describe(frame, schema=schema) | dataset_tags.origin(source, self._connection.identity.words)
        doing = f"registering the data set {label}"
        return self._connection.change(
            doing, lambda: self._record(self.keep(label, frame, description, tags)), "datasets", "resources"
        )

    def delete(self, name: str) -> None:
        """Take every version of a data set out of the workspace; its files stay in the datastore."""
        doing = f"deleting the data set {name}"
        self._connection.change(doing, lambda: self._unregister(name), "datasets", "resources")
        self._records = {key: record for key, record in self._records.items() if key[0] != name}
        self._frames = {key: frame for key, frame in self._frames.items() if key[0] != name}

    def _unregister(self, name: str) -> None:
        registered = self.registered(name)
        if registered is not None:
            registered.unregister_all_versions()

    def keep(self, name: str, frame: pd.DataFrame, description: str, tags: dict[str, str] | None = None) -> Any:
        """Upload a table as the next version of `name` and return the SDK's data set; to be called inside a call."""
        Tabular = sdk.load("azureml.core").Dataset.Tabular
        datastore = self._connection.workspace.get_default_datastore()
        token = uuid.uuid4().hex
        with transport.making("/datasets", _found_by(name, token)):
            return Tabular.register_pandas_dataframe(
                frame,
                target=(datastore, f"{FOLDER}/{re.sub(r'[^A-Za-z0-9_-]+', '-', name)[:60]}"),
                name=name,
                description=description,
                tags={**dataset_tags.describe(frame), **(tags or {}), f"{OURS}token": token},
                show_progress=False,
            )

    def for_training(self, dataset: Dataset, excluded: Sequence[str]) -> Any:
        """Return the SDK's data set to train on, without the excluded columns; to be called inside a call.

        AutoML has no setting for columns to leave out, so the rest is registered as a data set of its own, once.
        """
        whole = self._whole(dataset)
        out = [c for c in excluded if c in dataset.schema]
        if not out:
            return whole
        frame = self.frame(dataset).drop(columns=list(out))
        name = _part_name(dataset.name, out)
        there, tags = self.registered(name), dataset_tags.describe(frame)
        if there is not None and (there.tags or {}).get(f"{OURS}sha256") == tags[f"{OURS}sha256"]:
            return there
        sentence = f"{dataset.name}, version {dataset.version}, without {', '.join(out)}."
        return self.keep(name, frame, sentence, {f"{OURS}part_of": f"{dataset.name}:{dataset.version}"})

    def _whole(self, dataset: Dataset) -> Any:
        """Return the SDK's data set, the shipped table registered first when it is not there yet."""
        registered = self.registered(dataset.name, dataset.version)
        if registered is None and dataset.name == shipped_dataset().name:
            kept = self.keep(dataset.name, load_heart_failure(), dataset.description, {f"{OURS}sha256": dataset.sha256})
            self._connection.answers.forget("datasets", "resources")
            return kept
        if registered is None:
            raise DatasetNotFound(f"{dataset.name}:{dataset.version}")
        return registered

    def frame(self, dataset: Dataset) -> pd.DataFrame:
        """Return a data set's table, read once; to be called inside a call."""
        if dataset.sha256 == shipped_dataset().sha256:
            return load_heart_failure()
        key = (dataset.name, dataset.version)
        if key not in self._frames:
            self._keep_frame(key, _read(self.registered(*key), dataset.sha256))
        return self._frames[key]

    def _keep_frame(self, key: tuple[str, int], frame: pd.DataFrame) -> None:
        while len(self._frames) >= _FRAMES:
            self._frames.pop(next(iter(self._frames)))
        self._frames[key] = frame

    def _record(self, registered: Any) -> Dataset:
        key = (str(registered.name), int(registered.version))
        if key not in self._records:
            self._records[key] = self._described(key, registered)
        return self._records[key]

    def _described(self, key: tuple[str, int], registered: Any) -> Dataset:
        tags = dict(registered.tags or {})
        shipped = shipped_dataset()
        facts = dataset_tags.facts(tags)
        if facts is None:
            frame = _read(registered, None)
            if key[0] == shipped.name and _is_shipped(frame):
                facts = {"sha256": shipped.sha256}
            else:
                self._keep_frame(key, frame)
                facts = dataset_tags.facts(dataset_tags.describe(frame, everything=True)) or {}
        if facts["sha256"] == shipped.sha256:
            facts = {n: getattr(shipped, n) for n in ("sha256", "rows", "columns", "schema", "size_bytes")}
        record = Dataset(
            name=key[0],
            version=key[1],
            created_at=_created(registered, tags),
            description=str(registered.description or ""),
            created_by=tags.get(f"{OURS}by", ""),
            source=dataset_tags.source_of(tags),
            **facts,
        )
        return replace(record, loader=lambda: self.read(record))

    def read(self, dataset: Dataset) -> pd.DataFrame:
        """Return a copy of a data set's table. Raises HfError."""
        doing = f"reading the rows of {dataset.name}"
        return self._connection.ask_now(doing, lambda: self.frame(dataset)).copy()


def _read(registered: Any, sha256: str | None) -> pd.DataFrame:
    if registered is None:
        raise DatasetNotFound("the data set")
    if not hasattr(registered, "to_pandas_dataframe"):
        raise InvalidDataset({"name": f"{registered.name!r} is not a table; only tabular data sets can be used."})
    frame: pd.DataFrame = registered.to_pandas_dataframe()
    if sha256 is not None and dataset_tags.sha256(frame) != sha256:
        raise ArtifactDamaged(f"The data set {registered.name!r} does not have the SHA-256 that was recorded for it.")
    return frame


def _is_shipped(frame: pd.DataFrame) -> bool:
    """Tell whether a table holds the shipped values, whatever types they were read as."""
    shipped = load_heart_failure()
    try:
        return list(frame.columns) == list(shipped.columns) and bool(
            (frame.astype(float) == shipped.astype(float)).all(axis=None)
        )
    except (ValueError, TypeError):
        return False


def _part_name(name: str, out: Sequence[str]) -> str:
    plain = f"{name}-without-{'-'.join(out)}"
    return plain if len(plain) <= 80 else f"{name[:50]}-part-{hashlib.sha256(plain.encode()).hexdigest()[:12]}"


def _created(registered: Any, tags: Mapping[str, str]) -> datetime | None:
    moment = getattr(getattr(registered, "_registration", None), "created_time", None)
    if isinstance(moment, datetime):
        return moment
    return datetime.fromisoformat(tags[f"{OURS}at"]) if f"{OURS}at" in tags else None


def _found_by(name: str, token: str) -> transport.Finder:
    """Return what looks for a registration of ours whose answer was lost."""

    def find(request: requests.PreparedRequest) -> requests.Response | None:
        base = str(request.url).partition("?")[0]
        found = transport.look_up(request, f"{base}/query/name={name}?includeLatestDefinition=true")
        tags = (((found or {}).get("latest") or {}).get("tags") or {}) | ((found or {}).get("tags") or {})
        return transport.answer(found) if found and tags.get(f"{OURS}token") == token else None

    return find
