"""Deploy: what is in service?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.records import Endpoint, ModelVersion
from hfcore.states import EndpointState, RunState
from hfcore.ui import deployment, deployment_form
from hfcore.ui.endpoint_keys import MASK
from tests.fakes.workspace import MemoryWorkspace, now
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, sound, words

URI = "http://127.0.0.1:9/score"


@pytest.fixture
def model(memory: MemoryWorkspace) -> ModelVersion:
    """A registered model."""
    return memory.register_model(memory.add_run(RunState.COMPLETED, children=3).id)


def endpoint(memory: MemoryWorkspace, state: EndpointState, **changes: object) -> Endpoint:
    """Put an endpoint into the workspace."""
    made = Endpoint("automl-hf-sdk", state, "heart-failure-risk", 1, now() - timedelta(seconds=7))
    made = replace(made, **changes)  # type: ignore[arg-type]
    memory.endpoint_list.append(made)
    return made


def test_without_a_model_the_page_says_what_to_do(open_page: OpenPage) -> None:
    """An empty home has nothing in service and nothing to deploy, and leads to the model page."""
    app = open_page("deploy")
    assert "Nothing is in service yet." in words(app)
    assert links(app)["See the best model"].startswith("model")
    assert "deploy" not in [b.key for b in app.button]


def test_deploys_what_the_form_says(memory: MemoryWorkspace, model: ModelVersion, open_page: OpenPage) -> None:
    """One press deploys the chosen model with name, size, tags and key authentication as typed, without waiting."""
    asked = []
    memory.deploy = lambda model, spec, wait=True: asked.append((model.label, spec, wait))  # type: ignore[method-assign, assignment, func-returns-value]
    app = open_page("deploy", model=model.label)
    assert app.button(key="deploy").label == "Deploy version 1"
    app.text_input(key="deploy-name").set_value("ward-7")
    app.text_input(key="deploy-description").set_value("For the ward")
    app.text_input(key="deploy-tags").set_value("team = cardiology,stage=test")
    app.number_input(key="deploy-cores").set_value(0.5)
    app.number_input(key="deploy-memory").set_value(2.0)
    app.toggle(key="deploy-auth").set_value(False)
    sound(app.button(key="deploy").click().run())
    [(label, spec, wait)] = asked
    assert (label, spec.name, spec.description, wait) == ("heart-failure-risk:1", "ward-7", "For the ward", False)
    assert (spec.cpu_cores, spec.memory_gb, spec.auth) == (0.5, 2.0, False)
    assert spec.tags == {"team": "cardiology", "stage": "test"}


def test_a_double_click_makes_one_endpoint(memory: MemoryWorkspace, model: ModelVersion, open_page: OpenPage) -> None:
    """The second press within two seconds does nothing, although the form suggests a free name already."""
    app = open_page("deploy")
    sound(app.button(key="deploy").click().run())
    assert app.text_input(key="deploy-name").value == "automl-hf-sdk-2"
    sound(app.button(key="deploy").click().run())
    assert [e.name for e in memory.endpoints()] == ["automl-hf-sdk"]
    app.session_state["deploy-last"] = deployment.Last()
    sound(app.button(key="deploy").click().run())
    assert [e.name for e in memory.endpoints()] == ["automl-hf-sdk", "automl-hf-sdk-2"]


def test_what_is_wrong_stands_under_its_field(memory: MemoryWorkspace, model: ModelVersion, open_page: OpenPage) -> None:
    """A bad name and a bad tag are both told, each with its rule; the button waits."""
    app = open_page("deploy")
    app.text_input(key="deploy-name").set_value("Bad Name")
    sound(app.text_input(key="deploy-tags").set_value("cardiology").run())
    assert "The endpoint name 'Bad Name' does not fit" in words(app)
    assert "The tag 'cardiology' does not fit; write key=value" in words(app)
    assert app.button(key="deploy").disabled
    assert app.button(key="deploy").help.startswith("2 entries")


def test_a_name_in_use_is_told_before_the_press(memory: MemoryWorkspace, model: ModelVersion, open_page: OpenPage) -> None:
    """A name that is taken blocks the button with a sentence."""
    endpoint(memory, EndpointState.HEALTHY)
    app = open_page("deploy")
    sound(app.text_input(key="deploy-name").set_value("automl-hf-sdk").run())
    assert "An endpoint called automl-hf-sdk exists already." in words(app)
    assert app.button(key="deploy").disabled


def test_a_deployment_under_way_tells_phase_and_time(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """While an endpoint is in transition the card says what is happening, for how long, and that the page may be closed."""
    endpoint(memory, EndpointState.TRANSITIONING, phase="Smoke test")
    app = open_page("deploy")
    assert "**automl-hf-sdk** is going into service with heart-failure-risk:1." in words(app)
    assert app.info[0].value.replace("\\", "").startswith(("Smoke test, 7 s so far.", "Smoke test, 8 s so far."))


def test_a_healthy_endpoint_can_be_used(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The card gives the scoring address, code without the key, and the way to score a patient."""
    endpoint(memory, EndpointState.HEALTHY, scoring_uri=URI, primary_key="secret-key", features=("age", "sex"))
    app = open_page("deploy")
    assert "**automl-hf-sdk** is healthy and serves heart-failure-risk:1." in words(app)
    assert links(app)["Score a patient"] == "predict?endpoint=automl-hf-sdk"
    codes = [c.value for c in app.code]
    assert codes[0] == URI
    assert "requests.post" in codes[1]
    assert not [c for c in codes if "secret-key" in c]
    sound(app.segmented_control(key="language-automl-hf-sdk").set_value("curl").run())
    assert app.code[1].value.startswith("curl ")


def test_keys_are_masked_and_shown_once(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Keys appear after a press and are masked again with the next touch of the page."""
    endpoint(memory, EndpointState.HEALTHY)
    app = open_page("deploy")
    app.session_state["endpoint-tab-automl-hf-sdk"] = "Keys"
    assert [c.value for c in sound(app.run()).code] == [MASK, MASK]
    assert [c.value for c in sound(app.button(key="reveal-automl-hf-sdk").click().run()).code] == ["first", "second"]
    assert [c.value for c in sound(app.run()).code] == [MASK, MASK]


@pytest.mark.parametrize(("state", "kind"), [(EndpointState.FAILED, "error"), (EndpointState.UNHEALTHY, "warning")])
def test_a_failure_is_told_literally(memory: MemoryWorkspace, open_page: OpenPage, state: EndpointState, kind: str) -> None:
    """The reason of a failure is shown as a sentence, its markup as text."""
    endpoint(memory, state, message="The model is <b>damaged</b> *badly*.", description="<i>x</i>", tags={"*a*": "$b$"})
    app = open_page("deploy")
    assert getattr(app, kind)[0].value == r"The model is \<b\>damaged\</b\> \*badly\*\."
    assert r"\<i\>x\</i\>" in "".join(c.value for c in app.caption)


def test_the_log_is_there(memory: MemoryWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tab Log shows the end of the endpoint's log."""
    endpoint(memory, EndpointState.HEALTHY)
    monkeypatch.setattr(memory, "endpoint_logs", lambda name, tail: f"{name}: started\n")
    app = open_page("deploy")
    app.session_state["endpoint-tab-automl-hf-sdk"] = "Log"
    assert sound(app.run()).code[0].value == "automl-hf-sdk: started"


def test_delete_asks_by_name_first(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Delete opens a question that names the endpoint; nothing is gone yet."""
    endpoint(memory, EndpointState.HEALTHY)
    app = open_page("deploy")
    sound(app.button(key="delete-automl-hf-sdk").click().run())
    assert "**automl-hf-sdk** goes out of service at once" in words(app)
    assert [e.name for e in memory.endpoints()] == ["automl-hf-sdk"]


def _question() -> None:
    """The body of the question, outside its dialog: AppTest presses no button inside."""
    from hfcore.ui import endpoint_deletion, session

    ws = session.workspace()
    if ws.endpoints():
        endpoint_deletion.question(ws, "automl-hf-sdk")


def test_confirmed_deletion_deletes(memory: MemoryWorkspace) -> None:
    """The confirmation names the endpoint and takes it out of service."""
    endpoint(memory, EndpointState.HEALTHY)
    app = AppTest.from_function(_question).run()
    confirm = app.button(key="confirm-delete-endpoint")
    assert confirm.label == r"Delete automl\-hf\-sdk"
    sound(confirm.click().run())
    assert memory.endpoints() == ()


def test_tags_are_read_as_key_and_value() -> None:
    """Spaces around keys and values are dropped; a value may be empty and may hold an equals sign."""
    spec, wrong = deployment_form.read("fine-name", " a = 1 ,b=, c=x=y", [], cpu_cores=1, memory_gb=1, description="", auth=True)
    assert not wrong
    assert spec is not None
    assert spec.tags == {"a": "1", "b": "", "c": "x=y"}
