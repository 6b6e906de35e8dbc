"""Trying an entry script with its model before anything is sent: init() and one run(), in a process of its own."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hfcore.errors import DeploymentFailed

LIMIT_S = 60
RUNTIME = "azureml.train.automl.runtime"
NOT_POSSIBLE = "not possible here: the AutoML runtime is not installed"
NO_MODEL = "not possible here: the model's file is not there"
PASSED = "init() worked"
_CODE = "import runpy, sys; told = runpy.run_path(sys.argv[1]); told['init'](); assert callable(told['run']); print('fine')"


def smoke_test(script: Path, model: Path | None) -> str:
    """Return what came of it, in words.

    An AutoML pickle can be loaded only where the AutoML runtime is installed, and never in this process.

    Raises:
        DeploymentFailed: the script has no init() and run(), or init() fails with this model.
    """
    _check_shape(script)
    if model is None:
        return NO_MODEL
    if not _has_runtime():
        return NOT_POSSIBLE
    with tempfile.TemporaryDirectory(prefix="hfstudio-smoke-") as folder:
        (Path(folder) / "model.pkl").write_bytes(model.read_bytes())
        _try(script, folder)
    return PASSED


def _check_shape(script: Path) -> None:
    try:
        tree = ast.parse(script.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, UnicodeError) as error:
        raise DeploymentFailed(f"The entry script cannot be read as Python ({type(error).__name__}).") from error
    missing = {"init", "run"} - {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    if missing:
        raise DeploymentFailed(f"The entry script lacks {' and '.join(sorted(missing))}().", "Choose another entry script.")


def _has_runtime() -> bool:
    try:
        return importlib.util.find_spec(RUNTIME) is not None
    except ModuleNotFoundError:
        return False


def _try(script: Path, folder: str) -> None:
    env = {**os.environ, "AZUREML_MODEL_DIR": folder}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CODE, str(script)], env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DeploymentFailed(f"The smoke test failed: init() took longer than {LIMIT_S} s.") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise DeploymentFailed(f"The smoke test failed: {last[:200]}", "Nothing was sent to Azure.")
