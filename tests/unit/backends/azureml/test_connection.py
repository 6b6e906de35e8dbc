"""Opening a workspace of Azure ML: who signs in, what is told when it fails, and that nobody is ever asked to log in."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import hfcore
from hfcore.backends.azureml import identity
from hfcore.backends.azureml.config import AzureConfig, read_config
from hfcore.backends.azureml.workspace import AzureWorkspace
from hfcore.errors import BackendUnavailable, HfError, InvalidSettings, NotSignedIn, WorkspaceNotFound
from tests.fakes.azure.double import AzureDouble

ROOT = Path(__file__).parents[4]
WORKSPACE = r"/workspaces/ws-heart$"
PRINCIPAL = "AZUREML_SERVICE_PRINCIPAL_"
PLACE = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}


def test_it_opens_and_says_where_it_is(azure: AzureDouble) -> None:
    """With a service principal in the environment the workspace opens, and says who and where without the secret."""
    ws = hfcore.connect("azureml", config="config.json")
    assert isinstance(ws, AzureWorkspace)
    assert ws.name.startswith("azureml:")
    assert ws.place["region"] == azure.place.region
    assert azure.place.client in ws.place["identity"]
    assert azure.place.secret not in f"{ws.place} {ws.name} {read_config('config.json')!r}"


@pytest.mark.fault
@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PASSWORD", "not-the-secret", "secret is not right"),
        ("ID", "00000000-0000-0000-0000-00000000dead", "no application with this client id"),
        ("TENANT_ID", "00000000-0000-0000-0000-00000000dead", "no tenant with this id"),
        ("PASSWORD", "", "client_secret"),
    ],
)
def test_wrong_credentials_are_told_at_once(
    azure: AzureDouble, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    """A1: a wrong or missing part of the service principal is one sentence that names it, after one attempt."""
    monkeypatch.setenv(PRINCIPAL + variable, value)
    with pytest.raises(NotSignedIn, match=told):
        hfcore.connect("azureml", config="config.json")
    assert azure.journal.count("POST", r"oauth2/v2.0/token") <= 1
    assert azure.journal.count("*", r"devicecode") == 0


@pytest.mark.fault
def test_no_credentials_at_all_is_one_sentence_and_no_request(azure: AzureDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """A1: without any credentials nothing is sent and nobody is asked to log in; the sentence says what is needed."""
    for name in ("TENANT_ID", "ID", "PASSWORD"):
        monkeypatch.delenv(PRINCIPAL + name)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotSignedIn, match=f"no credentials.*{PRINCIPAL}TENANT_ID.*az login"):
        hfcore.connect("azureml", config="config.json")
    assert azure.journal.calls == []


@pytest.mark.fault
@pytest.mark.parametrize("name", ["workspace_name", "resource_group", "subscription_id"])
def test_an_unknown_workspace_is_not_found(azure: AzureDouble, name: str) -> None:
    """A1: a workspace, a group or a subscription that is not there is said by its name, after one attempt."""
    config = {**azure.place.config, name: "00000000-0000-0000-0000-00000000dead"}
    with pytest.raises(WorkspaceNotFound, match=r"dead.*Check subscription"):
        hfcore.connect("azureml", config=config)
    assert azure.journal.count("GET", WORKSPACE) <= 1


@pytest.mark.fault
@pytest.mark.parametrize(("status", "told"), [(401, "does not accept"), (403, "AzureML Data Scientist")])
def test_a_refusal_is_not_tried_again(azure: AzureDouble, status: int, told: str) -> None:
    """A1: 401 and 403 are told at once with what is needed, after one attempt."""
    fault = azure.faults.status("GET", WORKSPACE, status)
    with pytest.raises(NotSignedIn, match=told):
        hfcore.connect("azureml", config="config.json")
    assert fault.struck == 1


@pytest.mark.fault
@pytest.mark.parametrize(
    "fault",
    [
        lambda f: f.status("GET", WORKSPACE, 503, times=1),
        lambda f: f.status("GET", WORKSPACE, 429, retry_after=1, times=2),
        lambda f: f.reset("GET", WORKSPACE, times=1),
        lambda f: f.truncated("GET", WORKSPACE, times=1),
    ],
)
def test_what_passes_is_tried_again(azure: AzureDouble, fault: Callable[..., object]) -> None:
    """A2: 429, 503, a reset and a broken answer that pass are not noticed by the caller."""
    fault(azure.faults)
    assert hfcore.connect("azureml", config="config.json").backend == "azureml"


@pytest.mark.fault
def test_trouble_that_stays_ends_after_three_attempts(azure: AzureDouble) -> None:
    """A2: an error that does not pass is told after three attempts, by all layers of the SDK together."""
    fault = azure.faults.status("GET", WORKSPACE, 500, times=100)
    with pytest.raises(BackendUnavailable, match=r"management\.azure\.com answers 500") as caught:
        hfcore.connect("azureml", config="config.json")
    assert fault.struck == 3
    assert caught.value.retryable


@pytest.mark.fault
def test_too_long_a_pause_is_not_waited_for(azure: AzureDouble) -> None:
    """A2: a server that asks to come back in an hour is told about at once."""
    fault = azure.faults.status("GET", WORKSPACE, 429, retry_after=3600, times=100)
    with pytest.raises(BackendUnavailable, match="busy"):
        hfcore.connect("azureml", config="config.json")
    assert fault.struck == 1


def test_the_file_must_name_a_workspace(tmp_path: Path) -> None:
    """A config.json that is missing, broken or incomplete is said with everything that it lacks."""
    with pytest.raises(InvalidSettings, match="no file"):
        read_config(tmp_path / "missing.json", {})
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InvalidSettings, match="cannot be read"):
        read_config(tmp_path / "config.json", {})
    (tmp_path / "config.json").write_text(json.dumps({"subscription_id": "s"}))
    with pytest.raises(InvalidSettings) as caught:
        read_config(tmp_path / "config.json", {})
    assert set(caught.value.fields) == {"resource_group", "workspace_name"}
    with pytest.raises(InvalidSettings, match="clientid"):
        read_config({**PLACE, "clientid": "x"}, {})


def test_values_win_over_the_environment() -> None:
    """What is given by hand is taken before what the environment says, and the environment is enough alone."""
    env = {"HF_AZURE_SUBSCRIPTION_ID": "e", "HF_AZURE_RESOURCE_GROUP": "e", "HF_AZURE_WORKSPACE_NAME": "e"}
    assert read_config(None, env).workspace_name == "e"
    assert read_config(PLACE, env).workspace_name == "w"


@pytest.mark.parametrize(
    ("values", "env", "kind"),
    [
        ({"tenant_id": "t", "client_id": "c", "client_secret": "x"}, {"MSI_ENDPOINT": "http://here"}, "service_principal"),
        ({}, {"MSI_ENDPOINT": "http://here", "PATH": ""}, "managed_identity"),
        ({"auth": "managed_identity", "client_secret": "x"}, {"PATH": ""}, "managed_identity"),
    ],
)
def test_the_identity_is_chosen_by_what_is_there(values: Mapping[str, str], env: Mapping[str, str], kind: str) -> None:
    """A service principal comes first, then a managed identity; a way that is named is taken."""
    assert identity.choose(AzureConfig(**PLACE, **values), env).kind == kind


def test_the_azure_cli_gives_its_token_and_never_logs_in(
    azure: AzureDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `az` on the path its token opens the workspace; one that is not logged in is a sentence."""
    token = json.loads(_token(azure))["access_token"]
    az = tmp_path / "bin" / "az"
    az.parent.mkdir()
    az.write_text(f"#!/bin/sh\necho '{json.dumps({'accessToken': token})}'\n")
    az.chmod(0o755)
    monkeypatch.setenv("PATH", f"{az.parent}:/usr/bin:/bin")
    config = {**azure.place.config, "auth": "cli"}
    ws = hfcore.connect("azureml", config=config)
    assert isinstance(ws, AzureWorkspace)
    assert ws.place["identity"] == "Azure CLI"
    az.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(NotSignedIn, match="az login"):
        hfcore.connect("azureml", config=config)


def _token(azure: AzureDouble) -> str:
    """Sign in as the double's service principal and return the answer."""
    import requests

    form = {"grant_type": "client_credentials", "client_id": azure.place.client, "client_secret": azure.place.secret}
    form["scope"] = "https://management.core.windows.net//.default"
    address = f"https://login.microsoftonline.com/{azure.place.tenant}/oauth2/v2.0/token"
    return requests.post(address, data=form, timeout=10).text


def test_opening_changes_no_warning_filter(azure: AzureDouble) -> None:
    """The process's warning filters are the same after a workspace was opened."""
    before = list(warnings.filters)
    hfcore.connect("azureml", config="config.json")
    assert list(warnings.filters) == before


@pytest.mark.fault
def test_without_the_sdk_the_pip_command_is_told(tmp_path: Path) -> None:
    """A6: where the SDK is not installed the local backend works, and Azure is one sentence with the pip command."""
    code = (
        "import sys; sys.modules['azureml'] = None\n"
        "import hfcore; from hfcore.errors import HfError\n"
        f"assert hfcore.connect('local', home={str(tmp_path / 'home')!r}).backend == 'local'\n"
        f"config = {PLACE | {'tenant_id': 't', 'client_id': 'c', 'client_secret': 'x'}!r}\n"
        "try: hfcore.connect('azureml', config=config)\n"
        "except HfError as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SdkMissing Azure ML's SDK is not installed here")
    assert 'pip install "azureml-core>=1.61,<2"' in done.stdout


def test_an_error_that_cannot_be_written_is_told_all_the_same() -> None:
    """The SDK's ServiceException may raise when its text is asked for; the caller still gets a sentence."""
    from hfcore.backends.azureml.translation import translated

    class Mute(Exception):
        status_code = 500

        def __str__(self) -> str:
            raise TypeError("no details")

    assert isinstance(translated(Mute(), "reading the runs"), HfError)
