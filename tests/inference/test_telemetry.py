from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPEN_A_MODEL = """
import os, sys
os.environ["AZUREML_MODEL_DIR"] = sys.argv[1]
from inference import score
score.init()
"""
EXPORT_A_MODEL = """
import hfcore, onnxruntime
from pathlib import Path
import sys
onnxruntime.InferenceSession((Path(sys.argv[1]) / "model.onnx").read_bytes(), providers=["CPUExecutionProvider"])
"""


@pytest.mark.parametrize("code", [OPEN_A_MODEL, EXPORT_A_MODEL], ids=["the scoring service", "the library"])
def test_the_model_runtime_reports_to_nobody(code: str, integer_model: Path, tmp_path: Path) -> None:
    """Neither the service nor the library lets onnxruntime set up its telemetry: it keeps no queue and no device id."""
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | {"HOME": str(tmp_path)}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / ".cache"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code, str(integer_model)], env=environment, check=True, timeout=60)
    assert [p for p in tmp_path.rglob("*") if "onnxruntime" in str(p)] == []
