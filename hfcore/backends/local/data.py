"""The data sets of a home folder: the shipped one, and registered tables in versions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, insert, select

from hfcore.backends.local.files import read_checked, write_bytes
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import datasets
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.heart_failure import shipped_dataset
from hfcore.datasets.schema import Column, Schema
from hfcore.errors import DatasetNotFound, InvalidDataset

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "datasets"


class Datasets:
    """The tables of one home folder. A table is checked against its SHA-256 each time it is read."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, name: str, version: int | None = None) -> Dataset:
        """Return a data set, its newest version by default. Raises DatasetNotFound."""
        shipped = shipped_dataset()
        if name == shipped.name and version in (None, shipped.version):
            return shipped
        wanted = datasets.c.name == name
        if version is not None:
            wanted &= datasets.c.version == version
        with self._store.read() as connection:
            row = connection.execute(select(datasets).where(wanted).order_by(datasets.c.version.desc()).limit(1)).one_or_none()
        if row is None:
            raise DatasetNotFound(name if version is None else f"{name}:{version}", [d.name for d in self.list()])
        return self._dataset(row)

    def list(self) -> Sequence[Dataset]:
        """Return the newest version of every data set, by name."""
        newest = select(datasets.c.name, func.max(datasets.c.version).label("top")).group_by(datasets.c.name).subquery()
        same = (datasets.c.name == newest.c.name) & (datasets.c.version == newest.c.top)
        with self._store.read() as connection:
            rows = connection.execute(select(datasets).join(newest, same)).all()
        return sorted([shipped_dataset(), *map(self._dataset, rows)], key=lambda d: d.name)

    def register(self, name: str, table: pd.DataFrame | str | Path, description: str) -> Dataset:
        """Check a table and keep it as the next version of `name`. Raises InvalidDataset."""
        from hfcore.datasets.validation import check_table, infer_schema, read_table

        label = name.strip()
        if label == shipped_dataset().name:
            raise InvalidDataset({"name": f"{label!r} is the data set that comes with the program; choose another name."})
        frame = read_table(table) if isinstance(table, (str, Path)) else table
        check_table(frame, label)
        schema = {"columns": [asdict(column) for column in infer_schema(frame)]}
        return self._keep(label, frame, {"schema": schema, "description": description})

    def _keep(self, name: str, frame: pd.DataFrame, values: dict[str, Any]) -> Dataset:
        identity = uuid.uuid4().hex
        data = frame.to_csv(index=False).encode()
        file = f"{FOLDER}/{identity}.csv"
        values |= {"rows": frame.shape[0], "columns": frame.shape[1], "size_bytes": len(data), "file": file}
        sha256 = write_bytes(self._store.home / file, data)
        with self._store.write() as connection:
            top = connection.execute(select(func.max(datasets.c.version)).where(datasets.c.name == name)).scalar()
            values |= {"id": identity, "name": name, "version": (top or 0) + 1, "sha256": sha256}
            connection.execute(insert(datasets).values(created_at=datetime.now(UTC), **values))
        return self.get(name, values["version"])

    def _dataset(self, row: Row[Any]) -> Dataset:
        path = self._store.home / row.file
        return Dataset(
            name=row.name,
            version=row.version,
            sha256=row.sha256,
            rows=row.rows,
            columns=row.columns,
            schema=_schema(row.schema),
            created_at=row.created_at,
            description=row.description,
            size_bytes=row.size_bytes,
            loader=lambda: _load(path, row.sha256),
        )


def _schema(stored: dict[str, Any]) -> Schema:
    tuples = {"choices", "levels", "bands"}
    fields: list[dict[str, Any]] = [
        {k: tuple(v) if k in tuples and v is not None else v for k, v in c.items()} for c in stored["columns"]
    ]
    return Schema(tuple(Column(**field) for field in fields))


def _load(path: Path, sha256: str) -> pd.DataFrame:
    data = read_checked(path, sha256)
    import pandas as pd

    return pd.read_csv(BytesIO(data), low_memory=False, float_precision="round_trip")
