"""Run one engine on one fold in a fresh process and judge its predictions here."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil

from bench.peers.engine import ROOT, Engine
from bench.peers.job import Job
from bench.peers.result import Key, Result
from bench.peers.table import Rows, Table

_LOOK_EVERY_S = 0.2
_MOST_WALL_S = 900  # and ten budgets: far more than any engine needs, even on a busy machine
_ROUNDING = 1e-6
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)


class FoldFailed(Exception):
    """The engine's process ended without an answer; says why in its own last words."""


def measure(engine: Engine, table: Table, key: Key, split: tuple[Rows, Rows], venvs: Path, core: int) -> Result:
    """Fit on one outer fold's training rows, predict its test rows; a failure becomes a row that says why."""
    train, test = split
    row = Result(**vars(key), train_rows=len(train), test_rows=len(test))
    try:
        with tempfile.TemporaryDirectory(prefix="hf-peers-", ignore_cleanup_errors=True) as folder:
            answer = _answer(engine, table, key, split, venvs, core, Path(folder))
        auc, loss = judged(table.frame[table.label].to_numpy()[test], np.asarray(answer.pop("proba")))
    except FoldFailed as error:
        return replace(row, error=str(error))
    return replace(row, auc=auc, log_loss=loss, **answer)


def judged(truth: npt.NDArray[np.int_], proba: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the AUC and the log loss; a certainty that proves wrong costs 36, as scikit-learn has it.

    Raises:
        FoldFailed: there are too few probabilities, or some are not numbers from 0 to 1.
    """
    from sklearn.metrics import log_loss, roc_auc_score

    if len(proba) != len(truth) or not (np.isfinite(proba) & (proba >= -_ROUNDING) & (proba <= 1 + _ROUNDING)).all():
        raise FoldFailed(f"predicted something that is not {len(truth)} probabilities")
    return float(roc_auc_score(truth, proba)), float(log_loss(truth, np.clip(proba, 0, 1)))


def _answer(
    engine: Engine, table: Table, key: Key, split: tuple[Rows, Rows], venvs: Path, core: int, folder: Path
) -> dict[str, Any]:
    files = {"train": folder / "train.csv", "test": folder / "test.csv"}
    for rows, path in zip(split, files.values(), strict=True):
        table.frame.iloc[rows].to_csv(path, index=False)
    answer = folder / "answer.json"
    job = Job(
        module=engine.module,
        train=str(files["train"]),
        test=str(files["test"]),
        label=table.label,
        folder=str(folder),
        answer=str(answer),
        budget_s=key.budget_s,
        clock=engine.clock,
        core=core,
        option=engine.option,
    )
    job.write(folder / "job.json")
    command = [str(engine.python(venvs)), "-W", "ignore", "-m", "bench.peers.one_fold", str(folder / "job.json")]
    peak = _run(command, folder, 10 * key.budget_s + _MOST_WALL_S)
    found: dict[str, Any] = json.loads(answer.read_text())
    found["peak_mb"] = max(found["peak_mb"], peak)
    return found


def _run(command: list[str], folder: Path, limit_s: float) -> float:
    """Run a command to its end and return the most memory that it and its descendants were seen to hold, MB.

    Raises:
        FoldFailed: it ended with an error or took longer than `limit_s` wall seconds.
    """
    threads = dict.fromkeys(_ONE_THREAD, "1")
    environment = os.environ | threads | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "HF_HOME": str(folder / "home")}
    with (folder / "words").open("w+") as words:
        process = psutil.Popen(command, cwd=folder, env=environment, stdout=words, stderr=words, start_new_session=True)
        family = Family(process)
        try:
            _watch(process, family, limit_s)
        finally:
            family.end()
        if process.returncode != 0:
            words.seek(0)
            last = [line.strip() for line in words.read().splitlines() if line.strip()][-1:]
            raise FoldFailed(f"ended with {process.returncode}: {' '.join(last)[:200]}")
    return family.peak_mb


def _watch(process: psutil.Popen, family: Family, limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while process.poll() is None:
        family.look()
        if time.monotonic() > end:
            raise FoldFailed(f"took more than {limit_s:.0f} s")
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(_LOOK_EVERY_S)


class Family:
    """A process that was started here and every descendant seen: the most they held together, and their end."""

    def __init__(self, process: psutil.Popen) -> None:
        self.process = process
        self.seen: set[psutil.Process] = set()
        self.peak_mb = 0.0

    def look(self) -> None:
        """Note who is there and what they hold; whoever ends meanwhile holds nothing."""
        held = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            self.seen |= set(self.process.children(recursive=True))
        for member in (self.process, *self.seen):
            with contextlib.suppress(psutil.NoSuchProcess):
                held += member.memory_info().rss
        self.peak_mb = max(self.peak_mb, held / 1e6)

    def end(self) -> None:
        """End whoever is left, so that nothing of one engine computes beside the next."""
        self.look()
        for member in (self.process, *self.seen):
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        self.process.wait()
