"""The files of a run: listed, and downloaded once into a folder of this process."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hfcore.backends.azureml import sdk
from hfcore.backends.azureml.translation import is_absent

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


def names(run: Any) -> Sequence[str]:
    """Return the names of a run's files; to be called inside a call."""
    return sorted(str(name) for name in run.get_file_names())


def file(run: Any, name: str) -> Path | None:
    """Return where a file of a run has been downloaded to, None when the run has none; to be called inside a call."""
    digest = hashlib.sha256(f"{run.id}/{name}".encode()).hexdigest()[:12]
    target = sdk.droppings() / "artifacts" / f"{digest}-{_PLAIN.sub('-', Path(name).name)}"
    if target.is_file():
        return target
    beside = target.with_name(f"{target.name}.part")
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        run.download_file(name, output_file_path=str(beside))
    except Exception as error:
        beside.unlink(missing_ok=True)
        if is_absent(error):
            return None
        raise
    return beside.replace(target) if beside.is_file() else None


def table(run: Any, name: str) -> dict[str, Any] | None:
    """Return the data of a table that AutoML has logged as JSON, None when there is none; to be called inside a call."""
    path = file(run, name)
    if path is None:
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        data = told["data"]
        return data if isinstance(data, dict) else None
    except (ValueError, KeyError, TypeError):
        return None


def download(run: Any, prefix: str, folder: Path) -> list[Path]:
    """Download every file of a run that starts so into a folder, and return where they are; to be called inside a call."""
    root = folder.resolve()
    kept = []
    for name in names(run):
        target = (root / name).resolve()
        if not name.startswith(prefix) or not target.is_relative_to(root):
            continue
        source = file(run, name)
        if source is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            kept.append(target)
    return kept
