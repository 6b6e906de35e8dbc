"""Deploy: what is in service?"""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.errors import DeploymentFailed
from hfcore.records import Deployment, Endpoint, ModelVersion, SmokeTest
from hfcore.states import DeploymentState, EndpointState, RunState
from hfcore.ui import deployment, deployment_form, once
from hfcore.ui.endpoint_keys import MASK
from tests.fakes.scoring_service import canned_service
from tests.fakes.workspace import MemoryWorkspace, now
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, sound, table, words
from tests.polling import until
from tests.unit.scoring.test_traffic import TEXT

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
    told = re.match(r"Smoke test, (\d+) s so far\. You may close this page\.", app.info[0].value.replace("\\", ""))
    assert told is not None
    assert int(told[1]) >= 7


def test_a_healthy_endpoint_can_be_used(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The card gives the scoring address, code without the key, and the way to score a patient."""
    endpoint(memory, EndpointState.HEALTHY, scoring_uri=URI, primary_key="secret-key", features=("age", "sex"))
    app = open_page("deploy")
    assert "**automl-hf-sdk** is healthy and serves heart-failure-risk:1." in words(app)
    assert links(app)["Score a patient"] == "predict?endpoint=automl-hf-sdk"
    app.session_state["endpoint-tab-automl-hf-sdk"] = "Consume"
    codes = [c.value for c in sound(app.run()).code]
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


def _key_question() -> None:
    """The body of the question about a key, outside its dialog: AppTest presses no button inside."""
    from hfcore.ui import key_rotation, session

    key_rotation.question(session.workspace(), "automl-hf-sdk", "secondary")


def test_a_new_key_is_shown_once(memory: MemoryWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question says who is cut off; the new key then stands under Keys once and is masked again with the next touch."""
    endpoint(memory, EndpointState.HEALTHY)
    monkeypatch.setattr(memory, "rotate_key", lambda name, which: f"new {which} of {name}", raising=False)
    asked = AppTest.from_function(_key_question).run()
    assert "The secondary key of **automl-hf-sdk** stops working at once." in words(asked)
    sound(asked.button(key="confirm-rotate-key").click().run())
    app = open_page("deploy")
    app.session_state["endpoint-tab-automl-hf-sdk"] = "Keys"
    app.session_state["rotated-automl-hf-sdk"] = asked.session_state["rotated-automl-hf-sdk"]
    assert [c.value for c in sound(app.run()).code] == [MASK, "new secondary of automl-hf-sdk"]
    assert [c.value for c in sound(app.run()).code] == [MASK, MASK]


def test_replacing_a_key_asks_first(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Replace opens a question that names the key; nothing has changed yet."""
    endpoint(memory, EndpointState.HEALTHY)
    app = open_page("deploy")
    app.session_state["endpoint-tab-automl-hf-sdk"] = "Keys"
    sound(app.run())
    sound(app.button(key="rotate-primary-automl-hf-sdk").click().run())
    assert "The primary key of **automl-hf-sdk** stops working at once." in words(app)


def with_versions(memory: MemoryWorkspace, *states: DeploymentState, **changes: object) -> Endpoint:
    """Put an endpoint with one deployment per state into the workspace, the newest first."""
    moment = now() - timedelta(minutes=3)
    told = tuple(
        Deployment(len(states) - i, "heart-failure-risk", len(states) - i, state, moment, moment, "anna")
        for i, state in enumerate(states)
    )
    version = next(d.model_version for d in told if d.state is DeploymentState.IN_SERVICE)
    return endpoint(memory, EndpointState.HEALTHY, model_version=version, deployments=told, **changes)


def open_versions(open_page: OpenPage) -> AppTest:
    """Open the page on the tab with the versions."""
    app = open_page("deploy")
    app.session_state["endpoint-tab-automl-hf-sdk"] = "Versions & traffic"
    return sound(app.run())


def test_versions_and_their_traffic(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The tab says who answers since when, what is kept, and lists every deployment with who asked for it."""
    states = (DeploymentState.REFUSED, DeploymentState.IN_SERVICE, DeploymentState.REPLACED)
    with_versions(memory, *states, rollback_to="heart-failure-risk:1")
    app = open_versions(open_page)
    assert "**heart-failure-risk:2** answers every request, since 3 minutes ago." in words(app)
    assert "heart-failure-risk:1 is kept to go back to." in words(app)
    listed = table(app)
    assert listed["state"].tolist() == ["✕ Refused", "✓ In service", "□ Replaced"]
    assert listed["share"].tolist() == ["0 %", "100 %", "0 %"]
    assert set(listed["by"]) == {"anna"}


def test_going_back_takes_one_press(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Roll back names the version, asks for it once however often the button is pressed, and says when it is refused."""
    with_versions(memory, DeploymentState.IN_SERVICE, DeploymentState.REPLACED, rollback_to="heart-failure-risk:1")
    asked: list[str] = []
    memory.rollback = lambda name, wait=True: asked.append(name)  # type: ignore[method-assign, assignment, func-returns-value]
    app = open_versions(open_page)
    button = app.button(key="rollback-automl-hf-sdk")
    assert button.label == r"Roll back to heart\-failure\-risk\:1"
    for _ in range(2):
        sound(button.click().run())
    assert asked == ["automl-hf-sdk"]
    del memory.rollback
    app.session_state["rollback-last-automl-hf-sdk"] = once.Last()
    sound(app.button(key="rollback-automl-hf-sdk").click().run())
    assert "keeps no earlier version" in words(app)


def test_an_update_waits_for_its_smoke_test(memory: MemoryWorkspace, open_page: OpenPage, model: ModelVersion) -> None:
    """Only versions with the same variables are offered; the button is live when the smoke test has passed, and deploys once."""
    second = memory.register_model(model.run_id)
    memory.model_list.insert(0, replace(second, version=3, features=("age",)))
    with_versions(memory, DeploymentState.IN_SERVICE, features=model.features, cpu_cores=2, tags={"a": "b"})
    gate, asked = Event(), []

    class Slow(MemoryWorkspace):
        def smoke_test(self, model: ModelVersion) -> SmokeTest:
            assert gate.wait(30)
            return SmokeTest(20, 0.0, 12.0)

    memory.__class__ = Slow
    memory.deploy = lambda model, spec, wait=True: asked.append((model.label, spec, wait))  # type: ignore[method-assign, assignment, func-returns-value]
    app = open_versions(open_page)
    assert len(app.selectbox(key="update-model-automl-hf-sdk").options) == 1
    assert app.button(key="update-automl-hf-sdk").disabled
    assert app.button(key="deploy").disabled
    assert "is opened and scores its recorded patients" in words(app)
    gate.set()
    until(lambda: not sound(app.run()).button(key="update-automl-hf-sdk").disabled)
    assert "Smoke test passed: 20 recorded patients scored exactly" in words(app)
    for _ in range(2):
        sound(app.button(key="update-automl-hf-sdk").click().run())
    [(label, spec, wait)] = asked
    assert (label, wait) == ("heart-failure-risk:2", False)
    assert (spec.name, spec.cpu_cores, spec.tags, spec.auth) == ("automl-hf-sdk", 2, {"a": "b"}, True)


def test_a_version_that_fails_its_smoke_test_cannot_be_deployed(
    memory: MemoryWorkspace, open_page: OpenPage, model: ModelVersion
) -> None:
    """The reason stands under the form and the button stays shut."""

    class Refusing(MemoryWorkspace):
        def smoke_test(self, model: ModelVersion) -> SmokeTest:
            raise DeploymentFailed("The smoke test failed: *odd* probabilities.")

    memory.__class__ = Refusing
    app = open_page("deploy")
    until(lambda: "The smoke test failed: *odd* probabilities." in words(sound(app.run())))
    assert app.button(key="deploy").disabled


def test_an_update_under_way_tells_phase_time_and_who_serves(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """While another version is prepared the card says how far it is and that the present one goes on; no second can be asked."""
    phase = "Updating to heart-failure-risk:2: starting the server"
    states = (DeploymentState.UNDERWAY, DeploymentState.IN_SERVICE)
    with_versions(memory, *states, phase=phase, rollback_to="heart-failure-risk:1")
    app = open_versions(open_page)
    told = app.info[0].value.replace("\\", "")
    assert told.startswith(f"{phase}, 3 min 0")
    assert "heart-failure-risk:1 goes on serving." in told
    assert "✓ Checking the model file → **Starting the server** → :gray[Smoke test]" in told
    assert [b.key for b in app.button if str(b.key).startswith(("rollback-", "update-"))] == []


def test_a_request_is_tried_out(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The example of the tab Test is the sample patient in the model's columns; the answer stands beside it with its time."""
    with canned_service() as service:
        service.body = json.dumps(json.dumps({"result": [[0.8, 0.2]]})).encode()
        endpoint(memory, EndpointState.HEALTHY, scoring_uri=service.uri, features=("age", "sex"))
        app = open_page("deploy")
        sound(app.button(key="test-send-automl-hf-sdk").click().run())
        sent = [s for s in service.requests if s.path == "/score"]
        assert [json.loads(s.body) for s in sent] == [{"data": [{"age": 60.0, "sex": 0}], "method": "predict_proba"}]
        assert sent[0].headers["authorization"] == "Bearer first"
        assert '"result": [' in app.code[1].value
        assert "200 OK] in " in words(app)
        service.status, service.body = 422, b'{"error": "age is *missing*"}'
        app.text_area(key="test-body-automl-hf-sdk").set_value("{")
        sound(app.button(key="test-send-automl-hf-sdk").click().run())
        assert "422 " in words(app)
        assert "*missing*" in app.code[1].value
    sound(app.button(key="test-send-automl-hf-sdk").click().run())
    assert "did not answer" in words(app)


def test_traffic_is_told_from_the_endpoints_own_counters(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The card shows requests a minute, latencies, errors and how long it is up; a service without counters says so."""
    with canned_service() as service:
        service.body = TEXT.replace("1.7e+09", repr(time.time() - 7200)).encode()
        endpoint(memory, EndpointState.HEALTHY, scoring_uri=service.uri)
        shown = words(open_page("deploy"))
        assert "Requests/min\n" in shown
        assert "**4 of 100**" in shown
        assert "**2 h 00 min**" in shown
        service.body = b"Healthy"
        assert "tells nothing about its traffic" in words(open_page("deploy"))


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
