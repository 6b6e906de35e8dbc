"""Putting a model into service as a container instance (ACI): entry script, environment, size, and the one call."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from hfcore.backends.azureml import artifacts, sdk, smoke_test, transport
from hfcore.backends.azureml.automl_score import THRESHOLD
from hfcore.backends.azureml.data import OURS
from hfcore.backends.azureml.registry import MODEL
from hfcore.errors import DeploymentFailed
from hfcore.records import DeploymentSpec, ModelVersion

MOST_CORES, MOST_GB = 4.0, 16.0
GENERATED, OWN = "generated", "own"
SCORING_FILE = "outputs/scoring_file_v_1_0_0.py"
CONDA_FILE = "outputs/conda_env_v_1_0_0.yml"
OWN_SCRIPT = Path(__file__).with_name("automl_score.py")


def wrong_spec(spec: DeploymentSpec) -> dict[str, str]:
    """Return what a container instance cannot be of a deployment, by field, with the largest there is."""
    wrong = {}
    if spec.cpu_cores > MOST_CORES:
        wrong["cpu_cores"] = f"cpu_cores is {spec.cpu_cores:g}; a container instance has at most {MOST_CORES:g} cores."
    if spec.memory_gb > MOST_GB:
        wrong["memory_gb"] = f"memory_gb is {spec.memory_gb:g}; a container instance has at most {MOST_GB:g} GB."
    if spec.entry_script not in ("", GENERATED, OWN):
        wrong["entry_script"] = f"entry_script is {spec.entry_script!r}; it must be {GENERATED} or {OWN}."
    return wrong


def deploy(workspace: Any, model: Any, record: ModelVersion, run: Any, spec: DeploymentSpec) -> Any:
    """Send the deployment to Azure and return the SDK's service; to be called inside a call.

    Args:
        workspace: The SDK's workspace.
        model: The SDK's model.
        record: The same model as a record.
        run: The SDK's child run that the model came from, None when Azure does not have it any more.
        spec: Name, size and authentication.

    Raises:
        DeploymentFailed: the entry script does not work with this model where that can be tried here, or there is none.
    """
    core, webservice = sdk.load("azureml.core"), sdk.load("azureml.core.webservice")
    folder = Path(tempfile.mkdtemp(prefix="deploy-", dir=sdk.droppings()))
    try:
        script, is_ours = _entry_script(run, spec, folder)
        threshold = record.threshold if is_ours else None
        if threshold is not None:
            (folder / THRESHOLD.name).write_text(json.dumps({"threshold": threshold}))
        tried = smoke_test.smoke_test(script, artifacts.file(run, MODEL) if run is not None else None)
        inference = sdk.load("azureml.core.model").InferenceConfig(
            entry_script=script.name, source_directory=str(folder), environment=_environment(run)
        )
        size = webservice.AciWebservice.deploy_configuration(
            cpu_cores=spec.cpu_cores,
            memory_gb=spec.memory_gb,
            tags={**{str(k): str(v) for k, v in spec.tags.items()}, **_told(record, threshold, tried)},
            description=spec.description or None,
            auth_enabled=spec.auth,
        )
        with transport.making("/services", _found_by(spec.name)):
            return core.Model.deploy(workspace, spec.name, [model], inference, size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _entry_script(run: Any, spec: DeploymentSpec, folder: Path) -> tuple[Path, bool]:
    """Put the chosen entry script into a folder of its own, AutoML's generated one unless ours is asked for; tell which."""
    if spec.entry_script == OWN:
        return Path(shutil.copy(OWN_SCRIPT, folder / "score.py")), True
    source = artifacts.file(run, SCORING_FILE) if run is not None else None
    if source is None and spec.entry_script == GENERATED:
        raise DeploymentFailed(f"The run has left no {SCORING_FILE}.", "Choose our own entry script.")
    return Path(shutil.copy(source or OWN_SCRIPT, folder / "score.py")), source is None


def _environment(run: Any) -> Any:
    """Return the environment that the model was trained in, as the run has it, else as its conda file says."""
    if run is not None:
        try:
            return run.get_environment()
        except Exception as error:
            path = artifacts.file(run, CONDA_FILE)
            if path is None:
                raise DeploymentFailed("Azure does not say in which environment the model was trained.") from error
            return sdk.load("azureml.core").Environment.from_conda_specification("automl-inference", str(path))
    raise DeploymentFailed("The run of this model is not there any more, so its environment is not known.", "Train again.")


def _told(model: ModelVersion, threshold: float | None, tried: str) -> dict[str, str]:
    """Return what the service is told about itself, in tags; its threshold only where its script obeys it."""
    told = {"model": model.label, "features": json.dumps(list(model.features), separators=(",", ":")), "smoke_test": tried}
    told |= {} if threshold is None else {"threshold": repr(threshold)}
    return {f"{OURS}{name}": value for name, value in told.items()}


def _found_by(name: str) -> transport.Finder:
    """Return what looks for a service that was made although the answer was lost."""
    begun = datetime.now(UTC)

    def find(request: requests.PreparedRequest) -> requests.Response | None:
        base = str(request.url).partition("?")[0].rstrip("/")
        found: Mapping[str, Any] | None = transport.look_up(request, f"{base}/{name}?expand=true")
        if not found:
            return None
        return transport.answer({}, 202, {"Operation-Location": f"/operations/found-{begun:%H%M%S}"})

    return find
