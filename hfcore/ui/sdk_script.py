"""The same steps with Azure ML's own SDK v1, as scripts that run as they are, with the reader's values; never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pprint import pformat

from hfcore.automl.azure_arguments import azure_arguments
from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets.heart_failure import HEART_FAILURE_CSV, SAMPLE_PATIENT
from hfcore.records import ComputeSpec, DeploymentSpec
from hfcore.workspace import DEFAULT_DATASET

LESSONS_CLUSTER = ComputeSpec("heart-f-cluster")
_SCRIPT = "outputs/scoring_file_v_1_0_0.py"


def connect(place: Mapping[str, str]) -> str:
    """Return how to open the workspace; the identity comes from the environment."""
    where = 'Workspace.from_config("config.json", auth=auth)'
    if place:
        where = (
            f"Workspace.get(\n    {place['workspace']!r},\n    auth=auth,\n    subscription_id={place['subscription_id']!r},\n"
            f"    resource_group={place['resource_group']!r},\n)"
        )
    auth, made = _identity(place.get("identity", ""))
    return (
        'import os\n\nos.environ.setdefault("HBI_WORKSPACE_JOB", "true")  # no telemetry\n'
        'os.environ.setdefault("FORCE_CURATED_ENVIRONMENT", "true")\n\n'
        f"from azureml.core import Workspace\nfrom azureml.core.authentication import {auth}\n\nauth = {made}\nws = {where}\n"
        "print(ws.name, ws.location)\n"
    )


def _identity(words: str) -> tuple[str, str]:
    if words.startswith("managed identity"):
        return "MsiAuthentication", "MsiAuthentication()"
    if words == "Azure CLI":
        return "AzureCliAuthentication", "AzureCliAuthentication()"
    variables = ("TENANT_ID", "ID", "PASSWORD")
    given = "".join(f'    os.environ["AZUREML_SERVICE_PRINCIPAL_{v}"],\n' for v in variables)
    return "ServicePrincipalAuthentication", f"ServicePrincipalAuthentication(\n{given})"


def data(name: str = DEFAULT_DATASET, excluded: Sequence[str] = ()) -> str:
    """Return how to get the data set, registered from the shipped file when it is absent, without some columns."""
    made = ""
    if name == DEFAULT_DATASET:
        made = (
            f"if {name!r} not in [r for r in ws.datasets]:\n    import pandas as pd\n\n"
            f"    Dataset.Tabular.register_pandas_dataframe(\n        pd.read_csv({str(HEART_FAILURE_CSV)!r}),\n"
            f'        target=(ws.get_default_datastore(), "hfstudio"),\n        name={name!r},\n    )\n'
        )
    part = ""
    if excluded:
        short = f"{name}-without-{'-'.join(excluded)}"
        part = (
            f"frame = data.to_pandas_dataframe().drop(columns={list(excluded)!r})\n"
            "data = Dataset.Tabular.register_pandas_dataframe(\n"
            f'    frame, target=(ws.get_default_datastore(), "hfstudio"), name={short!r}\n)\n'
        )
    return f"from azureml.core import Dataset\n\n{made}data = Dataset.get_by_name(ws, {name!r})\n{part}"


def cluster(spec: ComputeSpec = LESSONS_CLUSTER) -> str:
    """Return how to get the cluster or make it."""
    note = "  # one node is billed all the time; 0 costs nothing while nothing runs" if spec.min_nodes else ""
    return (
        "from azureml.core.compute import AmlCompute, ComputeTarget\n"
        "from azureml.core.compute_target import ComputeTargetException\n\ntry:\n"
        f"    cluster = AmlCompute(ws, {spec.name!r})\nexcept ComputeTargetException:\n"
        "    wanted = AmlCompute.provisioning_configuration(\n"
        f"        vm_size={spec.vm_size!r},\n        min_nodes={spec.min_nodes},{note}\n"
        f"        max_nodes={spec.max_nodes},\n    )\n"
        f"    cluster = ComputeTarget.create(ws, {spec.name!r}, wanted)\n    ComputeTarget.wait_for_completion(cluster)\n"
    )


def train(experiment: str, settings: AutoMLSettings) -> str:
    """Return how to send the run and wait for it; needs `data` and `cluster`."""
    given = "".join(f"    {name}={value!r},\n" for name, value in azure_arguments(settings).items())
    return (
        "from azureml.core import Experiment\nfrom azureml.train.automl import AutoMLConfig\n\nconfig = AutoMLConfig(\n"
        f"{given}    training_data=data,\n    compute_target=cluster,\n    show_warnings=True,\n)\n"
        f"run = Experiment(ws, {experiment!r}).submit(config)\nprint(run.id)\nrun.wait_for_completion()\n"
    )


def watch(run_id: str) -> str:
    """Return how to find a run again and list its child runs."""
    return (
        f"run = ws.get_run({run_id!r})\nprint(run.get_status())\nfor child in run.get_children():\n"
        '    told = child.properties\n    if "run_algorithm" in told:\n'
        '        print(child.id, child.status, told["run_algorithm"], told.get("score"))\n'
    )


def register(name: str = "heart-failure-risk") -> str:
    """Return how to get the best child with its metrics and register its model; needs `run`."""
    return (
        "best = run.get_best_child()\nprint(best.id, best.get_metrics())\n"
        f'best.download_file({_SCRIPT!r}, "inference/score.py")\n'
        f'model = best.register_model(model_name={name!r}, model_path="outputs/model.pkl")\nprint(model.name, model.version)\n'
    )


def deploy(spec: DeploymentSpec) -> str:
    """Return how to put the model into service; needs `best` and `model`. It is billed until it is deleted."""
    return (
        "from azureml.core import Model\nfrom azureml.core.model import InferenceConfig\n"
        "from azureml.core.webservice import AciWebservice\n\n"
        'inference = InferenceConfig(entry_script="score.py", source_directory="inference", environment=best.get_environment())\n'
        f"size = AciWebservice.deploy_configuration(\n    cpu_cores={spec.cpu_cores:g},\n    memory_gb={spec.memory_gb:g},\n"
        f"    tags={dict(spec.tags)!r},\n    description={spec.description!r},\n    auth_enabled={spec.auth},\n)\n"
        f"service = Model.deploy(ws, {spec.name!r}, [model], inference, size)  # billed until it is deleted\n"
        "service.wait_for_deployment()\nprint(service.state, service.scoring_uri)\n"
    )


def found_again(model: str) -> str:
    """Return how to find a registered version, `name:3`, and the child run it came from."""
    name, _, version = model.rpartition(":")
    return (
        f"from azureml.core import Model\n\nmodel = Model(ws, {name!r}, version={version or 1})\n"
        "best = ws.get_run(model.run_id)\n"
        f'best.download_file({_SCRIPT!r}, "inference/score.py")\n'
    )


def score(name: str, patient: Mapping[str, object] | None = None, auth: bool = True) -> str:
    """Return how to score a patient at a service; the key is asked of Azure and stands nowhere."""
    row = pformat(dict(SAMPLE_PATIENT if patient is None else patient), sort_dicts=False)
    key = 'headers = {"Authorization": f"Bearer {service.get_keys()[0]}"}\n' if auth else "headers = {}\n"
    return (
        f"import json\n\nimport requests\nfrom azureml.core.webservice import Webservice\n\nservice = Webservice(ws, {name!r})\n"
        f'{key}patient = {row}\nbody = {{"data": [patient], "method": "predict_proba"}}\n'
        "answer = requests.post(service.scoring_uri, json=body, headers=headers, timeout=30)\nanswer.raise_for_status()\n"
        "print(json.loads(answer.json()))\n"
    )


def clean_up(services: Sequence[str], clusters: Sequence[str]) -> str:
    """Return how to delete what bills."""
    lines = [f"Webservice(ws, {name!r}).delete()" for name in services]
    for name in clusters:
        lines += [
            f"cluster = AmlCompute(ws, {name!r})",
            "cluster.delete()",
            "cluster.wait_for_completion(is_delete_operation=True)",
        ]
    imports = "from azureml.core.compute import AmlCompute\nfrom azureml.core.webservice import Webservice\n\n"
    return imports + "".join(f"{line}\n" for line in lines)


def journey(place: Mapping[str, str], experiment: str, settings: AutoMLSettings, spec: DeploymentSpec) -> dict[str, str]:
    """Return the whole lesson, a script by the title of its step, in order."""
    named = settings.compute_target if settings.compute_target != "local" else LESSONS_CLUSTER.name
    wanted = ComputeSpec(named, min_nodes=LESSONS_CLUSTER.min_nodes, max_nodes=LESSONS_CLUSTER.max_nodes)
    row = {k: v for k, v in SAMPLE_PATIENT.items() if k not in settings.excluded_columns}
    return {
        "Open the workspace": connect(place),
        "Get or make the cluster": cluster(wanted),
        "Get or register the data set": data(excluded=settings.excluded_columns),
        "Train": train(experiment, settings),
        "Register the best model": register(),
        "Put it into service": deploy(spec),
        "Score a patient": score(spec.name, row, spec.auth),
        "Clean up": clean_up([spec.name], [wanted.name]),
    }


def as_script(steps: Mapping[str, str]) -> str:
    """Return steps as one script."""
    return "\n\n".join(f"# {title}\n{code}" for title, code in steps.items())


def as_notebook(steps: Mapping[str, str]) -> str:
    """Return steps as a notebook, a heading and a cell for each."""
    cells: list[dict[str, object]] = []
    for title, code in steps.items():
        cells.append({"cell_type": "markdown", "metadata": {}, "source": [f"## {title}"]})
        source = code.splitlines(keepends=True)
        cells.append({"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source})
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1)
