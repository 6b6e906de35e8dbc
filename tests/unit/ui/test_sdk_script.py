"""The steps as scripts with Azure's SDK: complete, without a secret, and the same as what the pages do."""

from __future__ import annotations

import ast
import json

import pytest

from hfcore.automl.azure_arguments import azure_arguments
from hfcore.automl.settings import AutoMLSettings
from hfcore.records import ComputeSpec, DeploymentSpec
from hfcore.ui import sdk_script

PLACE = {"workspace": "ws", "resource_group": "rg", "subscription_id": "sub", "region": "eastus"}
SETTINGS = AutoMLSettings(label_column_name="DEATH_EVENT", excluded_columns=("time",), iterations=3)
SPEC = DeploymentSpec(name="automl-hf-sdk", description='Says "hello"', tags={"a": "it's"})


@pytest.mark.parametrize("identity", ["service principal abc", "managed identity of this machine", "Azure CLI", ""])
def test_the_whole_journey_is_python_with_the_readers_values(identity: str) -> None:
    """For every identity the script parses, names the workspace, cluster and service, and reads secrets from the environment."""
    steps = sdk_script.journey({**PLACE, "identity": identity}, "aml-experiment", SETTINGS, SPEC)
    script = sdk_script.as_script(steps)
    ast.parse(script)
    for value in ("'ws'", "'rg'", "'sub'", "heart-f-cluster", "'automl-hf-sdk'", "'DEATH_EVENT'", "drop(columns=['time'])"):
        assert value in script
    assert "PASSWORD" not in script or 'os.environ["AZUREML_SERVICE_PRINCIPAL_PASSWORD"]' in script


def test_the_notebook_has_a_cell_for_each_step() -> None:
    """The notebook is valid JSON with a heading and a cell of code for every step, in order."""
    steps = sdk_script.journey(PLACE, "aml-experiment", SETTINGS, SPEC)
    notebook = json.loads(sdk_script.as_notebook(steps))
    assert ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"] == list(steps.values())
    assert [c["source"] for c in notebook["cells"][::2]] == [[f"## {title}"] for title in steps]
    assert notebook["nbformat"] == 4


def test_training_asks_for_what_the_backend_asks_for() -> None:
    """The script gives AutoMLConfig exactly the arguments that the backend gives it."""
    tree = ast.parse(sdk_script.train("aml-experiment", SETTINGS))
    call = next(n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "AutoMLConfig")
    given = {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg not in ("training_data", "compute_target")}
    assert given == {**azure_arguments(SETTINGS), "show_warnings": True}


def test_a_node_that_is_always_on_is_remarked() -> None:
    """The lesson's cluster is said to be billed all the time; one without idle nodes is not."""
    assert "billed all the time" in sdk_script.cluster()
    assert "billed" not in sdk_script.cluster(ComputeSpec("idle", min_nodes=0))
