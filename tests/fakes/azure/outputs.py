"""The files that a child run leaves behind: model, scoring files from the SDK's own templates, environment, tables."""

from __future__ import annotations

import importlib.metadata
import json
import pickle
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.azure.fitted import FittedModel
from tests.fakes.azure.tables import accuracy_table, confusion_matrix

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.outcome import ChildOutcome
    from hfcore.automl.table import TrainingTable

_CONDA = """# Conda environment specification of an AutoML run.
channels:
- anaconda
- conda-forge
dependencies:
- python=3.10
- numpy==1.23.5
- pandas==1.5.3
- scikit-learn==1.5.2
- holidays==0.29
- psutil>=5.2.2,<6.0.0
- pip:
  - azureml-train-automl-runtime==1.62.0
  - inference-schema
  - xgboost<=1.5.2
  - azureml-interpret
  - azureml-defaults
name: project_environment
"""


def child_files(outcome: ChildOutcome, table: TrainingTable, folds: Any, frame: pd.DataFrame) -> dict[str, bytes]:
    """Return every file of a child run that ended well, by its path."""
    tables = {"accuracy_table": accuracy_table, "confusion_matrix": confusion_matrix}
    files = {name: _json(make(table.codes, outcome.probabilities, folds, table.labels)) for name, make in tables.items()}
    files["logs/azureml/azureml_automl-child.log"] = f"{outcome.algorithm} ended after {outcome.seconds:.2f} s.\n".encode()
    if outcome.model is None:
        return files
    sample = frame[list(table.features)].head(1)
    files["outputs/model.pkl"] = pickle.dumps(FittedModel(outcome.model, table.features, table.labels))
    files["outputs/scoring_file_v_1_0_0.py"] = scoring_file("score_classification.txt", sample, table.labels)
    files["outputs/scoring_file_v_2_0_0.py"] = scoring_file("score_classification_v2.txt", sample, table.labels)
    files["outputs/conda_env_v_1_0_0.yml"] = _CONDA.encode()
    files["outputs/env_dependencies.json"] = _json({"azureml-train-automl-runtime": "1.62.0"})
    files["outputs/pipeline_graph.json"] = _json({"version": "1.0.0", "modules": []})
    return files


def scoring_file(template: str, sample: pd.DataFrame, labels: Sequence[Any]) -> bytes:
    """Return AutoML's generated entry script out of the template that the installed SDK carries."""
    found = [f for f in importlib.metadata.files("azureml-automl-core") or () if f.name == template]
    text = found[0].locate().read_text(encoding="utf-8")  # type: ignore[union-attr]
    columns = ", ".join(f'"{name}": pd.Series([{_sample(v)}], dtype="{v.dtype}")' for name, v in sample.items())
    parts = {
        "<<ParameterType>>": "PandasParameterType",
        "<<input_sample>>": f"pd.DataFrame({{{columns}}})",
        "<<output_sample>>": f"np.array([{labels[0]!r}])",
        "<<model_filename>>": "model.pkl",
    }
    for mark, value in parts.items():
        text = text.replace(mark, value)
    return text.encode()


def _sample(values: pd.Series[Any]) -> str:
    """Return a value of the column's type that is no patient's, as AutoML writes its samples."""
    kind = values.dtype.kind
    return {"f": "0.0", "i": "0", "u": "0", "b": "False"}.get(kind, '"example_value"')


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
