"""An entry script for Azure's inference server in the form that Azure AutoML gives its own: `run(data, method)` on a frame.

inference-schema turns the rows into a frame of the sample's types before `run` is called. The answer is `{"result": ...}` as a
JSON string; whatever goes wrong is answered as `{"error": ...}`. The model is the registered ONNX file, as for every server here.
It runs in the environment of Azure's server and imports nothing of this project.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from inference_schema.parameter_types.numpy_parameter_type import NumpyParameterType
from inference_schema.parameter_types.pandas_parameter_type import PandasParameterType
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

FOLDER = Path(os.environ["AZUREML_MODEL_DIR"])
MANIFEST = json.loads((FOLDER / "model.json").read_bytes())
NAMES = [feature["name"] for feature in MANIFEST["features"]]
SAMPLE = pd.DataFrame([MANIFEST["golden"]["rows"][0]], columns=NAMES)
_session: onnxruntime.InferenceSession | None = None


def init() -> None:
    """Open the model."""
    global _session
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    _session = onnxruntime.InferenceSession(str(FOLDER / "model.onnx"), options, providers=["CPUExecutionProvider"])


@input_schema("method", StandardPythonParameterType("predict"), convert_to_provided_type=False)
@input_schema("data", PandasParameterType(SAMPLE))
@output_schema(NumpyParameterType(np.array([0])))
def run(data: Any, method: str = "predict") -> str:
    """Answer one request."""
    try:
        (shares,) = _session.run(None, {"features": data[NAMES].to_numpy(np.float32)})  # type: ignore[union-attr]
        result = shares if method == "predict_proba" else np.array(MANIFEST["labels"])[shares.argmax(axis=1)]
        return json.dumps({"result": result.tolist()})
    except Exception as error:  # the form of Azure's scripts, which this one stands for
        return json.dumps({"error": str(error)})
