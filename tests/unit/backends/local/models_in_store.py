"""Models that tests register without a run: a small logistic regression on the real records."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from hfcore.backends.local.registry import model_version
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import models
from hfcore.records import ModelVersion
from tests.fakes.small_model import FEATURES, write_model


def add_model(
    store: Store, version: int = 1, changes: dict[str, Any] | None = None, onnx: bytes | None = None, **columns: Any
) -> ModelVersion:
    """Write a model's folder and insert its row, with hashes that fit, and return its record.

    `changes` replace entries of the manifest, `onnx` the model itself, `columns` what the row says.
    """
    identity = f"model-{version}"
    folder = write_model(store.home / "models" / identity, changes={"version": version, **(changes or {})})
    if onnx is not None:
        (folder / "model.onnx").write_bytes(onnx)
        told = json.loads((folder / "model.json").read_text())
        (folder / "model.json").write_text(json.dumps(told | {"sha256": hashlib.sha256(onnx).hexdigest()}))
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.onnx", "model.json")}
    told = json.loads((folder / "model.json").read_text())
    row = {
        "id": identity,
        "name": told["name"],
        "version": version,
        "sha256": hashes["model.onnx"],
        "manifest_sha256": hashes["model.json"],
        "folder": f"models/{identity}",
        "run_id": "run",
        "child_id": "run_0",
        "algorithm": told["algorithm"],
        "features": list(FEATURES),
        "metrics": told["metrics"],
        "uses_follow_up_time": True,
        "size_bytes": 1000,
        "created_at": datetime.now(UTC),
        **columns,
    }
    with store.write() as connection:
        connection.execute(insert(models).values(row))
        return model_version(connection.execute(select(models).where(models.c.id == identity)).one())
