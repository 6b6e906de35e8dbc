"""A registered model tried out before it serves anybody: opened by the entry script in a process of its own, and asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from hfcore.backends.local.files import read_checked
from hfcore.backends.local.processes import plain_environment
from hfcore.backends.local.smoke_test import EXACT, check_columns
from hfcore.errors import DeploymentFailed
from hfcore.records import SmokeTest

MOST_S = 60.0


def rehearse(folder: Path, model: Row[Any]) -> SmokeTest:
    """Repeat the golden predictions of a registered model.

    Raises:
        ArtifactDamaged: a file is not what was registered.
        DeploymentFailed: the model cannot be opened, takes too long, or predicts otherwise than recorded.
    """
    read_checked(folder / "model.onnx", model.sha256)
    check_columns(json.loads(read_checked(folder / "model.json", model.manifest_sha256)), model.features)
    told = _ask(folder, model.manifest_sha256)
    if "refused" in told:
        raise DeploymentFailed(f"The smoke test failed: {told['refused']}")
    if not told["difference"] <= EXACT:
        raise DeploymentFailed(f"The smoke test failed: probabilities differ by {told['difference']:.3g} from the recorded ones.")
    return SmokeTest(int(told["rows"]), float(told["difference"]), float(told["milliseconds"]))


def _ask(folder: Path, manifest_sha256: str) -> dict[str, Any]:
    """Run the entry script in a process that ends with its answer, or by itself when it takes too long."""
    env = plain_environment({"AZUREML_MODEL_DIR": str(folder), "HF_MANIFEST_SHA256": manifest_sha256})
    command = [sys.executable, "-m", "inference.rehearsal", str(int(MOST_S))]
    try:
        done = subprocess.run(command, env=env, cwd=os.sep, stdin=subprocess.DEVNULL, capture_output=True, timeout=MOST_S)
        told: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise DeploymentFailed(f"The smoke test failed: the model did not answer within {MOST_S:g} s.") from error
    except ValueError as error:
        raise DeploymentFailed(f"The smoke test failed: the process that opened the model ended ({done.returncode}).") from error
    return told
