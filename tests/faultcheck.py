"""What must hold of a home folder after every fault."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hfcore.backends.local.launch import scratch_folder
from hfcore.backends.local.processes import ProcessId, group_of
from tests.polling import until

FILES = {
    "children": [("outcome_file", "outcome_sha256"), ("report_file", "report_sha256"), ("model_file", "model_sha256")],
    "datasets": [("file", "sha256")],
}
IN_FOLDER = {
    "models": [("folder", "model.onnx", "sha256"), ("folder", "model.json", "manifest_sha256")],
    "endpoints": [("model_dir", "model.onnx", "model_sha256"), ("model_dir", "model.json", "manifest_sha256")],
}
AT_WORK = ("STARTING", "RUNNING")


def assert_store_sound(home: Path, processes: bool = True) -> None:
    """Fail unless the store is whole, every named file is what was written, and nobody was left behind.

    With `processes`, also: every run at work has its living worker, no ended run has one, and no temporary file is left.
    """
    with closing(sqlite3.connect(home / "store.db")) as store:
        store.row_factory = sqlite3.Row
        assert store.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
        assert _damaged_files(home, store) == []
        runs = store.execute("SELECT * FROM runs").fetchall()
        active = [r["id"] for r in runs if r["state"] in (*AT_WORK, "QUEUED")]
        going = store.execute("SELECT run_id FROM children WHERE state IN ('QUEUED', 'STARTING', 'RUNNING')").fetchall()
        assert {row["run_id"] for row in going} <= set(active)
    if processes:
        assert [r["id"] for r in runs if r["state"] in AT_WORK and not _worker(r)] == []
        until(lambda: not any(_worker(r) for r in runs if r["id"] not in active), what="the workers of ended runs are gone")
        assert [p for p in home.rglob("*.tmp") if not any(i in p.parts for i in active)] == []
        ended = [r["id"] for r in runs if r["id"] not in active]
        until(lambda: not any(scratch_folder(i).exists() for i in ended), what="what ended runs held for a moment is gone")


def _worker(run: sqlite3.Row) -> list[ProcessId]:
    return [] if run["lease_pid"] is None else group_of(ProcessId(run["lease_pid"], run["lease_started"]))


def _damaged_files(home: Path, store: sqlite3.Connection) -> list[str]:
    named: list[tuple[Path, Any]] = []
    for table, pairs in FILES.items():
        for file, digest in pairs:
            named += [(home / row[0], row[1]) for row in store.execute(f"SELECT {file}, {digest} FROM {table}") if row[0]]
    for table, triples in IN_FOLDER.items():
        for folder, file, digest in triples:
            named += [(home / row[0] / file, row[1]) for row in store.execute(f"SELECT {folder}, {digest} FROM {table}")]
    return [str(path) for path, digest in named if not path.is_file() or _sha256(path) != digest]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
