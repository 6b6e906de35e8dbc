"""The lesson's whole journey in Azure, through the app's own pages, over the double of Azure ML."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.states import EndpointState, RunState
from hfcore.ui import session
from tests.fakes.azure.double import AzureDouble
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, title, words
from tests.polling import until

DATA = "heart-failure-records"


@pytest.fixture
def azure_page(azure: AzureDouble, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Open a page of the app, which then works in Azure."""
    azure.computes.polls = 0
    monkeypatch.setenv("HF_BACKEND", "azureml")
    return open_page


def _go(app: AppTest, page: str, **query: str) -> AppTest:
    for key, value in query.items():
        app.query_params[key] = value
    return sound(app.switch_page(f"pages/{page}.py").run(timeout=120))


@pytest.mark.timeout(300)
def test_from_the_first_page_to_the_last(azure: AzureDouble, azure_page: OpenPage) -> None:
    """Train, watch, judge, register, deploy, score and clean up in Azure, each through its page, ends with a true prediction."""
    app = azure_page("overview")
    said = words(app)
    assert "Azure ML: ws-heart, eastus" in said
    assert "out of support since 2026-06-30" in said
    assert azure.place.client in said
    app = _go(app, "train")
    app.number_input(key="train-minutes").set_value(14).run()
    assert "no less than 15 minutes" in words(sound(app))
    assert app.button(key="start-training").disabled
    app.number_input(key="train-minutes").set_value(15).run()
    app.multiselect(key="train-allowed").set_value(["LogisticRegression"]).run()
    assert "billed by Azure" in words(app)
    app = sound(app.button(key="start-training").click().run(timeout=120))
    assert title(app) == "Runs"
    ws = session._opened_afar("azureml", "null")
    run = until(lambda: (r := ws.run(app.query_params["run"])).state is RunState.COMPLETED and r, seconds=200, every=0.5)
    assert "Completed" in words(_go(app, "runs", run=run.id))
    app = _go(app, "model", run=run.id)
    assert "no prediction per patient" in words(app)
    assert not app.button(key="register").disabled
    model = ws.register_model(run.id)
    app = _go(app, "deploy")
    assert "Billed per second" in words(app)
    app.text_input(key="deploy-name").set_value("hf-journey").run()
    app = sound(app.button(key="deploy").click().run(timeout=120))
    endpoint = until(lambda: (e := ws.endpoint("hf-journey")).state is EndpointState.HEALTHY and e, seconds=200, every=0.5)
    assert endpoint.label == model.label
    app = _go(app, "predict")
    app = sound(app.button(key="score").click().run(timeout=60))
    assert "Of 10 patients like this" in words(app)
    app = _go(app, "cleanup")
    assert "billed per second" in app.dataframe[0].value["cost"].to_string()
    ws.delete_endpoint("hf-journey")


@pytest.mark.fault
@pytest.mark.timeout(200)
def test_a_silent_azure_is_a_sentence_and_the_switch_still_works(azure: AzureDouble, azure_page: OpenPage) -> None:
    """A3: when Azure accepts and never answers, the page says so after 30 s, and this machine can be chosen at once."""
    azure.faults.silent("GET", r"/workspaces/ws-heart$")
    app = azure_page("overview")
    assert "did not answer" in "\n".join(e.value for e in app.error)
    assert "within 30 s" in "\n".join(e.value for e in app.error)
    app.selectbox(key="backend-choice").set_value("local").run()
    assert "Local: this machine" in words(sound(app))


@pytest.mark.fault
def test_without_credentials_the_page_says_what_is_needed(
    azure: AzureDouble, azure_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A1: without credentials every page shows the one sentence with what is needed, and the switch back."""
    for name in ("TENANT_ID", "ID", "PASSWORD"):
        monkeypatch.delenv(f"AZUREML_SERVICE_PRINCIPAL_{name}")
    monkeypatch.setenv("PATH", "")
    for page in ("overview", "train", "runs", "model", "deploy", "predict", "cleanup"):
        app = azure_page(page)
        assert "no credentials for Azure" in "\n".join(e.value for e in app.error)
        assert app.selectbox(key="backend-choice").value == "azureml"


def test_the_switch_changes_where_the_work_is_done(azure: AzureDouble, open_page: OpenPage) -> None:
    """Choosing Azure in the sidebar opens its workspace, choosing this machine goes back; each shows its own runs."""
    app = open_page("overview")
    assert "Local: this machine" in words(app)
    app.selectbox(key="backend-choice").set_value("azureml").run(timeout=120)
    assert "Azure ML: ws-heart, eastus" in words(sound(app))
    app.selectbox(key="backend-choice").set_value("local").run()
    assert "Local: this machine" in words(sound(app))


def _addresses(app: AppTest) -> set[str]:
    """Return the query of every link on a page."""
    return {link.proto.query_string for link in app.get("page_link")}


def _asked(app: AppTest) -> dict[str, str]:
    """Return what stands in a page's own address."""
    return {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}


def test_the_address_keeps_the_backend(azure: AzureDouble, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload and a deep link stay on the backend that was chosen, and so does every link; the usual one is not named."""
    app = open_page("overview")
    assert _addresses(app) == {""}
    app.query_params["run"] = "local-run"
    app.selectbox(key="backend-choice").set_value("azureml").run(timeout=120)
    assert _asked(app) == {"backend": "azureml"}
    assert _addresses(sound(app)) == {"backend=azureml"}
    reloaded = open_page("runs", backend="azureml")
    assert "Azure ML: ws-heart, eastus" in words(reloaded)
    app = sound(reloaded.button(key="start-training").click().run(timeout=120))
    assert (title(app), _asked(app)) == ("Train", {"backend": "azureml"})
    app.selectbox(key="backend-choice").set_value("local").run()
    assert (_asked(app), _addresses(sound(app))) == ({}, {""})
    assert "Local: this machine" in words(open_page("overview", backend="no-such-backend"))
    monkeypatch.setenv("HF_BACKEND", "azureml")
    assert "Local: this machine" in words(open_page("overview", backend="local"))


@pytest.mark.fault
@pytest.mark.timeout(200)
def test_pages_show_what_is_known_while_azure_is_down(azure: AzureDouble, azure_page: OpenPage) -> None:
    """A2: when Azure fails after the first look, a page goes on showing what it knew, without a traceback."""
    app = azure_page("runs")
    ws = session._opened_afar("azureml", "null")
    azure.faults.status("GET", r"/history/", 503, times=1000)
    azure.faults.status("POST", r"/history/", 503, times=1000)
    until(lambda: sound(app.run()) and ws.trouble is not None, seconds=60, every=0.5)
    assert "What is shown is what was known last" in words(sound(app.run()))
