"""The data sets of a home folder: the shipped one, and registered tables in versions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, select, update

from hfcore.backends.local import who
from hfcore.backends.local.files import read_checked, write_bytes
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import datasets, runs
from hfcore.datasets.dataset import Dataset, Source
from hfcore.datasets.heart_failure import shipped_dataset
from hfcore.datasets.schema import Column, Schema
from hfcore.errors import DatasetNotFound, InvalidDataset

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "datasets"
_CURRENT_FIRST = (datasets.c.current_since.desc(), datasets.c.version.desc())


class Datasets:
    """The tables of one home folder. A table is checked against its SHA-256 each time it is read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, name: str, version: int | None = None) -> Dataset:
        """Return a data set, its current version by default. Raises DatasetNotFound."""
        shipped = shipped_dataset()
        if name == shipped.name and version in (None, shipped.version):
            return shipped
        wanted = datasets.c.name == name
        if version is not None:
            wanted &= datasets.c.version == version
        with self._store.read() as connection:
            row = connection.execute(select(datasets).where(wanted).order_by(*_CURRENT_FIRST).limit(1)).one_or_none()
        if row is None:
            raise DatasetNotFound(name if version is None else f"{name}:{version}", [d.name for d in self.list()])
        return self._dataset(row)

    def list(self) -> Sequence[Dataset]:
        """Return the current version of every data set, by name."""
        with self._store.read() as connection:
            rows = connection.execute(select(datasets).order_by(datasets.c.current_since, datasets.c.version)).all()
        current = {row.name: row for row in rows}
        return sorted([shipped_dataset(), *map(self._dataset, current.values())], key=lambda d: d.name)

    def versions(self, name: str) -> Sequence[Dataset]:
        """Return every version of a data set, newest first. Raises DatasetNotFound."""
        if name == shipped_dataset().name:
            return (shipped_dataset(),)
        with self._store.read() as connection:
            rows = connection.execute(select(datasets).where(datasets.c.name == name).order_by(datasets.c.version.desc())).all()
        return tuple(map(self._dataset, rows)) or (self.get(name),)

    def choose(self, name: str, version: int) -> Dataset:
        """Make a version the current one. Raises DatasetNotFound."""
        chosen = self.get(name, version)
        with self._store.write() as connection:
            this = (datasets.c.name == name) & (datasets.c.version == version)
            connection.execute(update(datasets).where(this).values(current_since=_later(connection, name)))
        return chosen

    def register(
        self,
        name: str,
        table: pd.DataFrame | str | Path,
        description: str,
        schema: Schema | None = None,
        source: Source | None = None,
    ) -> Dataset:
        """Check a table and keep it as the next version of `name`. Raises InvalidDataset."""
        from hfcore.datasets.validation import check_schema, check_table, infer_schema, read_table

        label = name.strip()
        if label == shipped_dataset().name:
            raise InvalidDataset({"name": f"{label!r} is the data set that comes with the program; choose another name."})
        frame = read_table(table) if isinstance(table, (str, Path)) else table
        check_table(frame, label)
        if schema is not None:
            check_schema(frame, schema)
        if source is None and isinstance(table, (str, Path)):
            source = Source(Path(table).name)
        columns = [asdict(column) for column in schema or infer_schema(frame)]
        told = {"schema": {"columns": columns}, "description": description, "source": source.to_dict() if source else {}}
        return self._keep(label, frame, told)

    def _keep(self, name: str, frame: pd.DataFrame, values: dict[str, Any]) -> Dataset:
        identity = uuid.uuid4().hex
        data = frame.to_csv(index=False).encode()
        file = f"{FOLDER}/{identity}.csv"
        values |= {"rows": frame.shape[0], "columns": frame.shape[1], "size_bytes": len(data), "file": file}
        sha256 = write_bytes(self._store.home / file, data)
        with self._store.write() as connection:
            values |= {"id": identity, "name": name, "version": _next_version(connection, name), "sha256": sha256}
            values |= {"created_by": who.user(), "current_since": _later(connection, name)}
            connection.execute(insert(datasets).values(created_at=datetime.now(UTC), **values))
        return self.get(name, values["version"])

    def _dataset(self, row: Row[Any]) -> Dataset:
        path, schema = self._store.home / row.file, _schema(row.schema)
        texts = [c.name for c in schema if c.kind == "category"]
        return Dataset(
            name=row.name,
            version=row.version,
            sha256=row.sha256,
            rows=row.rows,
            columns=row.columns,
            schema=schema,
            created_at=row.created_at,
            description=row.description,
            size_bytes=row.size_bytes,
            created_by=row.created_by,
            source=Source.from_dict(row.source),
            id=row.id,
            loader=lambda: _load(path, row.sha256, texts),
        )


def _next_version(connection: Connection, name: str) -> int:
    """Return the next number; one that a run has worked with is never given to another table, even when it was deleted."""
    kept = connection.execute(select(func.max(datasets.c.version)).where(datasets.c.name == name)).scalar()
    used = connection.execute(select(func.max(runs.c.dataset_version)).where(runs.c.dataset == name)).scalar()
    return max(kept or 0, used or 0) + 1


def _later(connection: Connection, name: str) -> datetime:
    """Return the present moment, or the one after the last choice of `name` when the clock was set back since."""
    last = connection.execute(select(func.max(datasets.c.current_since)).where(datasets.c.name == name)).scalar()
    now = datetime.now(UTC)
    return now if last is None else max(now, last + timedelta(microseconds=1))


def _schema(stored: dict[str, Any]) -> Schema:
    tuples = {"choices", "levels", "bands"}
    fields: list[dict[str, Any]] = [
        {k: tuple(v) if k in tuples and v is not None else v for k, v in c.items()} for c in stored["columns"]
    ]
    return Schema(tuple(Column(**field) for field in fields))


def _load(path: Path, sha256: str, texts: Sequence[str]) -> pd.DataFrame:
    """Read a stored table; what was text stays text, even when it looks like a number or like a word for nothing."""
    data = read_checked(path, sha256)
    import pandas as pd

    return pd.read_csv(
        BytesIO(data),
        low_memory=False,
        float_precision="round_trip",
        dtype=dict.fromkeys(texts, object),
        keep_default_na=False,
        na_values=[""],
    )
