"""The double of Azure ML, driven by the unmodified SDK: what it plays, what it refuses and what it notices."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from hfcore.datasets import load_heart_failure
from tests.fakes.azure.double import AzureDouble
from tests.fakes.azure.opening import open_workspace


@pytest.fixture
def ws(azure: AzureDouble) -> Any:
    """The double's workspace as the SDK opens it."""
    return open_workspace(azure)


def test_the_workspace_opens(azure: AzureDouble, ws: Any) -> None:
    """The SDK finds the workspace from config.json with one token, and everything else from there."""
    assert (ws.name, ws.location) == (azure.place.workspace, "eastus")
    assert azure.journal.count("POST", "login.*/token$") == 1


def test_a_managed_identity_is_let_in(azure: AzureDouble) -> None:
    """A machine with an identity of its own needs no secret; one without is told that there is none."""
    from azureml.core import Workspace
    from azureml.core.authentication import MsiAuthentication

    with pytest.raises(Exception, match="Failed to connect to MSI"):
        Workspace.from_config(auth=MsiAuthentication(cloud="AzureCloud"))
    azure.aad.managed_identity = True
    assert Workspace.from_config(auth=MsiAuthentication(cloud="AzureCloud")).name == azure.place.workspace


def test_an_experiment_is_got_or_created(azure: AzureDouble, ws: Any) -> None:
    """An experiment is made by the first use of its name only."""
    from azureml.core import Experiment

    assert Experiment(ws, "aml-experiment").id == Experiment(ws, "aml-experiment").id
    assert azure.journal.count("POST", "/experiments/aml-experiment$") == 1


def test_a_cluster_is_made_and_taken_away(azure: AzureDouble, ws: Any) -> None:
    """A cluster is asked for, is being made, is there with its bounds, and is gone after it was deleted."""
    from azureml.core.compute import AmlCompute
    from azureml.core.compute_target import ComputeTargetException

    with pytest.raises(ComputeTargetException, match="ComputeTargetNotFound"):
        AmlCompute(ws, "heart-f-cluster")
    wanted = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v2", min_nodes=1, max_nodes=3)
    cluster = AmlCompute.create(ws, "heart-f-cluster", wanted)
    assert cluster.provisioning_state == "Creating"
    assert [cluster._get_operation_state()[0] for _ in range(2)] == ["InProgress", "Succeeded"]
    cluster.refresh_state()
    assert (cluster.provisioning_state, cluster.scale_settings.maximum_node_count) == ("Succeeded", 3)
    assert list(ws.compute_targets) == ["heart-f-cluster"]
    cluster.delete()
    assert cluster._get_operation_state()[0] == "Succeeded"
    assert ws.compute_targets == {}


def test_a_quota_is_kept(azure: AzureDouble, ws: Any) -> None:
    """A cluster beyond the quota is refused in Azure's words, and none is made."""
    from azureml.core.compute import AmlCompute
    from azureml.core.compute_target import ComputeTargetException

    azure.computes.quota = 2
    with pytest.raises(ComputeTargetException, match="total vCPU quota of 2 and cannot accomodate"):
        AmlCompute.create(ws, "large", AmlCompute.provisioning_configuration(vm_size="Standard_D3_v2", max_nodes=1))
    assert azure.computes.made == 0


def test_a_table_comes_back_as_it_went(azure: AzureDouble, ws: Any) -> None:
    """A table that the SDK registers is read back unchanged, types included, and so does the double read it."""
    from azureml.core import Dataset

    table = load_heart_failure()
    with pytest.raises(KeyError):
        ws.datasets["heart-failure-records"]
    Dataset.Tabular.register_pandas_dataframe(table, ws.get_default_datastore(), "heart-failure-records", show_progress=False)
    assert ws.datasets["heart-failure-records"].to_pandas_dataframe().equals(table)
    assert azure.datasets.frame(azure.datasets.find("heart-failure-records").versions[0].saved).equals(table)


def test_a_seeded_table_is_found(azure: AzureDouble, ws: Any) -> None:
    """A table that was there before is found by its name and listed."""
    azure.datasets.add("heart-failure-records", load_heart_failure())
    assert ws.datasets["heart-failure-records"].to_pandas_dataframe().equals(load_heart_failure())
    assert [name for name in ws.datasets] == ["heart-failure-records"]  # noqa: C416  (the SDK gives list() nothing)


def test_strangers_are_noticed(azure: AzureDouble) -> None:
    """An unknown host is refused at the door, an unknown path with 404, and both are written down for the end of the test."""
    with pytest.raises(requests.exceptions.ProxyError):
        requests.get("https://dc.services.visualstudio.com/v2/track", timeout=10)
    assert requests.get("https://management.azure.com/elsewhere", timeout=10).status_code == 404
    assert [s.partition(":")[0] for s in azure.journal.strays] == ["unknown host", "unknown path"]
    azure.journal.strays.clear()


def test_who_has_no_token_is_refused(azure: AzureDouble) -> None:
    """Without a token of the directory no service of the workspace answers."""
    answer = requests.get(f"https://management.azure.com{azure.place.scope}", timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_faults_are_counted(azure: AzureDouble) -> None:
    """A fault strikes as often as ordered, says so, and lets everything else through."""
    twice = azure.faults.status("GET", "/subscriptions$", 503, retry_after=1, times=2)
    url = "https://management.azure.com/subscriptions"
    answers = [requests.get(url, timeout=10) for _ in range(3)]
    assert [a.status_code for a in answers] == [503, 503, 401]
    assert (twice.struck, answers[0].headers["Retry-After"]) == (2, "1")
    assert [c.outcome for c in azure.journal.to("GET", "/subscriptions$")] == [503, 503, 401]


def test_connections_break_as_ordered(azure: AzureDouble) -> None:
    """A reset, half an answer and no answer at all reach the client as what they are."""
    url = "https://management.azure.com/metadata/endpoints"
    azure.faults.reset("GET", "endpoints", times=1)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, timeout=10)
    azure.faults.truncated("GET", "endpoints", times=1)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        requests.get(url, timeout=10).json()
    azure.faults.silent("GET", "endpoints", times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(url, timeout=0.2)
    assert requests.get(url, timeout=10).json()[0]["name"] == "AzureCloud"
    assert [c.outcome for c in azure.journal.to("GET", "endpoints")] == ["reset", "truncated", "silent", 200]
