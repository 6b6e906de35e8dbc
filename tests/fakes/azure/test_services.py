"""The double's web services, driven by the unmodified SDK: they really run the entry script, or fail in Azure's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fakes.azure.double import AzureDouble
from tests.fakes.azure.opening import open_workspace
from tests.polling import until

SCRIPT = """
import json, os
from pathlib import Path


def init():
    global word
    word = (Path(os.environ["AZUREML_MODEL_DIR"]) / "word.txt").read_text()
    print("loaded", flush=True)


def run(body):
    return {"said": word, "rows": len(json.loads(body)["data"]), "tone": os.environ["TONE"]}
"""


@pytest.fixture
def ws(azure: AzureDouble) -> Any:
    """The double's workspace with one registered model in it."""
    azure.models.add("word", {"word.txt": b"hello"})
    return open_workspace(azure)


def deploy(ws: Any, name: str = "word-service", script: str = SCRIPT, **options: Any) -> Any:
    """Deploy the registered model with this entry script, in a folder of its own."""
    from azureml.core import Environment, Model
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AciWebservice

    folder = Path("code")
    folder.mkdir(exist_ok=True)
    (folder / "score.py").write_text(script)
    environment = Environment("of-a-test")
    environment.environment_variables = {"TONE": "friendly"}
    config = InferenceConfig(entry_script="score.py", source_directory=str(folder), environment=environment)
    size = AciWebservice.deploy_configuration(**{"cpu_cores": 1, "memory_gb": 1, "auth_enabled": True, **options})
    return Model.deploy(ws, name, [Model(ws, "word")], config, size)


def settled(service: Any) -> str:
    """Return the state in which a deployment ends."""
    until(lambda: service.update_deployment_state() or service.state != "Transitioning", seconds=60, every=0.1)
    return str(service.state)


def test_a_service_runs_the_script_that_was_sent(azure: AzureDouble, ws: Any) -> None:
    """The uploaded script serves the registered model to whoever shows a key, is found by its name, and goes when deleted."""
    from azureml.core.webservice import Webservice

    service = deploy(ws, tags={"lesson": "19"}, description="Says a word.")
    assert settled(service) == "Healthy", service.get_logs()
    body = json.dumps({"data": [1, 2]})
    assert service.run(body) == {"said": "hello", "rows": 2, "tone": "friendly"}
    assert requests.post(service.scoring_uri, body, timeout=10).status_code == 401
    primary, secondary = service.get_keys()
    for key in (primary, secondary):
        answer = requests.post(service.scoring_uri, body, headers={"Authorization": f"Bearer {key}"}, timeout=10)
        assert answer.json()["said"] == "hello"
    assert "loaded" in service.get_logs()
    found = Webservice(ws, "word-service")
    assert (found.tags, found.description, [m.id for m in found.models]) == ({"lesson": "19"}, "Says a word.", ["word:1"])
    found.delete()
    assert Webservice.list(ws) == []
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(service.scoring_uri, timeout=10)


def test_a_script_that_breaks_fails_the_deployment(azure: AzureDouble, ws: Any) -> None:
    """When init() raises, the service has Failed, says the error, and its log shows where."""
    service = deploy(ws, script="def init():\n    raise ValueError('no model')\n\ndef run(body):\n    return 1\n")
    assert settled(service) == "Failed"
    assert "ValueError: no model" in service.error["message"]
    assert service.error["details"][0]["code"] == "CrashLoopBackOff"
    assert "in init" in service.get_logs()


def test_a_container_quota_is_kept(azure: AzureDouble, ws: Any) -> None:
    """A service beyond the region's quota of cores has Failed with Azure's sentence about it."""
    azure.services.quota = 1
    service = deploy(ws, cpu_cores=2)
    assert settled(service) == "Failed"
    assert "quota 'StandardCores' exceeded in region 'eastus'. Limit: '1', Usage: '0' Requested: '2'." in str(service.error)


def test_a_name_is_taken_once(azure: AzureDouble, ws: Any) -> None:
    """A name in use is refused before anything is made; unseen by that check, the creation itself is refused."""
    from azureml.exceptions import WebserviceException

    azure.services.held = True
    deploy(ws)
    with pytest.raises(WebserviceException, match="already exists"):
        deploy(ws)
    azure.faults.status("POST", "/services/validate", 200, body={})
    with pytest.raises(WebserviceException, match="already contains an ACI Container Group with name word-service"):
        deploy(ws)
    assert azure.services.made == 1


def test_a_lost_answer_leaves_one_service(azure: AzureDouble, ws: Any) -> None:
    """When the answer to a creation is lost, the service is there all the same, and only once."""
    azure.services.held = True
    lost = azure.faults.reset("POST", r"/services$", times=1, effect=True)
    with pytest.raises(Exception, match=r"(?s)409|ConnectionError|Connection aborted|reset"):
        deploy(ws)
    assert (lost.struck, azure.services.made, list(azure.services.all)) == (1, 1, ["word-service"])
