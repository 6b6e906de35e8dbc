"""Models and services in Azure: registered with where they came from, deployed once, scored, and taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import hfcore
from hfcore.backends.azureml import sdk
from hfcore.backends.azureml.automl_score import run as own_run
from hfcore.backends.azureml.smoke_test import NO_MODEL, smoke_test
from hfcore.backends.azureml.workspace import AzureWorkspace
from hfcore.datasets.heart_failure import SAMPLE_PATIENT
from hfcore.errors import DeploymentFailed, HfError, InvalidSettings, NameTaken, QuotaExceeded, Unauthorized
from hfcore.records import DeploymentSpec, ModelVersion
from hfcore.scoring.client import ScoringClient
from hfcore.states import EndpointState
from tests.fakes.azure.double import AzureDouble
from tests.unit.backends.azureml.quick import QUICK

CREATE = r"/services$"
REGISTER = r"/models$"
PATIENT = {k: v for k, v in SAMPLE_PATIENT.items() if k != "time"}
SPEC = DeploymentSpec(name="automl-hf-sdk", description="In service.", tags={"lesson": "1"})


@pytest.fixture
def ws(azure: AzureDouble) -> AzureWorkspace:
    """A workspace of the double with a cluster that is ready."""
    azure.computes.add("heart-f-cluster")
    opened = hfcore.connect("azureml", config="config.json")
    assert isinstance(opened, AzureWorkspace)
    return opened


@pytest.fixture
def model(ws: AzureWorkspace) -> ModelVersion:
    """The best model of a short run, registered."""
    run = ws.wait(ws.submit("aml-experiment", QUICK).id, timeout=240)
    return ws.register_model(run.id, description="The winner.", tags={"lesson": "1"})


@pytest.mark.timeout(300)
def test_the_lessons_model_serves_with_either_script(azure: AzureDouble, ws: AzureWorkspace, model: ModelVersion) -> None:
    """The model is registered with its SHA-256, serves with AutoML's script and with ours, and both predict the same."""
    assert (model.description, model.tags, model.features) == ("The winner.", {"lesson": "1"}, tuple(PATIENT))
    assert len(model.sha256) == 64
    risks = []
    for script in ("generated", "own"):
        endpoint = ws.deploy(model, replace(SPEC, name=f"hf-{script}", entry_script=script))
        assert (endpoint.state, endpoint.tags, endpoint.description) == (EndpointState.HEALTHY, {"lesson": "1"}, "In service.")
        assert (endpoint.label, endpoint.features) == (model.label, model.features)
        risks.append(ScoringClient(endpoint).predict_proba([PATIENT])[0])
    assert risks[0] == pytest.approx(risks[1])
    old = ws.endpoint_keys("hf-own")
    new = ws.rotate_key("hf-own", "primary")
    assert ws.endpoint_keys("hf-own") == (new, old[1])
    uri = str(ws.endpoint("hf-own").scoring_uri)
    assert ScoringClient(uri, key=new).predict([PATIENT]) == [0]
    with pytest.raises(Unauthorized):
        ScoringClient(uri, key=old[0]).predict([PATIENT])
    billed = {r.name: r.running_cost for r in ws.resources() if r.kind == "endpoint"}
    assert all("billed per second" in str(cost) for cost in billed.values())
    for name in ("hf-own", "hf-generated"):
        ws.delete_endpoint(name)
    assert list(ws.endpoints()) == []


@pytest.fixture
def seeded(azure: AzureDouble, ws: AzureWorkspace) -> ModelVersion:
    """A registered model whose run Azure does not have, so that a deployment of it needs no training."""
    run = ws.wait(ws.submit("aml-experiment", replace(QUICK, iterations=1)).id, timeout=240)
    return ws.register_model(run.id, name="seeded")


@pytest.mark.fault
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "fault",
    [
        lambda f: f.status("POST", CREATE, 503, times=1),
        lambda f: f.reset("POST", CREATE, times=1, effect=True),
        lambda f: f.truncated("POST", CREATE, times=1),
    ],
    ids=["503", "made, then reset", "made, answer broken off"],
)
def test_one_deployment_makes_one_service(
    azure: AzureDouble, ws: AzureWorkspace, seeded: ModelVersion, fault: Callable[..., object]
) -> None:
    """A2: whatever happens to the answer, one deployment makes exactly one service; A5: it is found again by its name."""
    azure.services.held = True
    fault(azure.faults)
    endpoint = ws.deploy(seeded, SPEC, wait=False)
    assert endpoint.state is EndpointState.TRANSITIONING
    assert "10 to 30 minutes" in endpoint.phase
    assert azure.services.made == 1
    again = hfcore.connect("azureml", config="config.json")
    assert [(e.name, e.label) for e in again.endpoints()] == [(SPEC.name, seeded.label)]
    with pytest.raises(NameTaken, match="exists already"):
        ws.deploy(seeded, SPEC)
    azure.services.release()


@pytest.mark.fault
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", ["503", "reset", "truncated"])
def test_one_registration_makes_one_version(azure: AzureDouble, ws: AzureWorkspace, seeded: ModelVersion, fault: str) -> None:
    """A2: whatever happens to the answer, one registration makes exactly one version."""
    {
        "503": lambda: azure.faults.status("POST", REGISTER, 503, times=1),
        "reset": lambda: azure.faults.reset("POST", REGISTER, times=1, effect=True),
        "truncated": lambda: azure.faults.truncated("POST", REGISTER, times=1),
    }[fault]()
    second = ws.register_model(seeded.run_id, name="seeded")
    assert [m.version for m in ws.models() if m.name == "seeded"] == [2, 1]
    assert second.version == 2


def test_registering_leaves_no_file(ws: AzureWorkspace, seeded: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that registers without having submitted anything leaves no log of the SDK in the present folder."""
    logs, written = sdk.load("azureml.automl.core._logging.log_server"), list[str | None]()
    monkeypatch.setattr(logs, "set_log_file", written.append)  # as it is before anything was submitted
    ws.register_model(seeded.run_id, name="seeded")
    assert written
    assert [path for path in written if path and not path.startswith(str(sdk.droppings()))] == []


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_a_quota_that_is_used_up_tells_the_smaller_choice(azure: AzureDouble, ws: AzureWorkspace, seeded: ModelVersion) -> None:
    """A4: a service that Azure has no room for ends as a sentence with the reason, and the name can be freed."""
    azure.services.quota = 0
    with pytest.raises(HfError) as caught:
        ws.deploy(seeded, SPEC)
    assert isinstance(caught.value, QuotaExceeded | DeploymentFailed)
    assert "quota" in str(caught.value).lower()
    for endpoint in ws.endpoints():
        ws.delete_endpoint(endpoint.name)
    assert list(ws.endpoints()) == []


@pytest.mark.fault
@pytest.mark.parametrize(
    ("changes", "field"),
    [({"cpu_cores": 5}, "cpu_cores"), ({"memory_gb": 32}, "memory_gb"), ({"entry_script": "x"}, "entry_script")],
)
def test_what_a_container_instance_cannot_be_is_said_first(
    azure: AzureDouble, ws: AzureWorkspace, changes: dict[str, object], field: str
) -> None:
    """A4: a size above that of a container instance is refused with the largest there is, before Azure is asked."""
    spec = replace(SPEC, **changes)  # type: ignore[arg-type]
    assert set(ws.cannot(spec)) == {field}
    azure.journal.calls.clear()
    missing = ModelVersion("m", 1, "", "", "", "", (), created_at=None, size_bytes=0)  # type: ignore[arg-type]
    with pytest.raises(InvalidSettings):
        ws.deploy(missing, spec)
    assert azure.journal.calls == []


@pytest.mark.parametrize("text", ["def init():\n    pass\n", "def run(data):\n    pass\n", "def init(:"])
def test_a_script_without_its_two_functions_is_refused(tmp_path: Path, text: str) -> None:
    """An entry script that lacks init() or run(), or is no Python, is refused before anything is sent."""
    script = tmp_path / "score.py"
    script.write_text(text)
    with pytest.raises(DeploymentFailed):
        smoke_test(script, None)


def test_a_script_that_cannot_be_tried_says_why(tmp_path: Path) -> None:
    """Without the model's file the script's shape is checked, and it is said that more was not possible."""
    script = tmp_path / "score.py"
    script.write_text("def init():\n    pass\n\n\ndef run(data):\n    return data\n")
    assert smoke_test(script, None) == NO_MODEL


def test_our_script_names_no_value_when_it_fails() -> None:
    """What our entry script answers to a request that it cannot score repeats nothing of the request."""
    answer = own_run('{"data": [{"age": "secret-canary"}], "method": "explain"}')
    assert "error" in answer
    assert "secret-canary" not in answer
