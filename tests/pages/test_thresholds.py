"""The threshold's way through the pages: chosen on Model, kept with the version, told on Deploy and beside an answer."""

from __future__ import annotations

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.records import DeploymentSpec
from hfcore.states import RunState
from hfcore.ui import deployment_form
from tests.fakes.workspace import MemoryWorkspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, words


def _dialog(home: str, cut: float) -> None:
    """The body of the dialog after a threshold was chosen by Youden's index; AppTest presses no button inside one."""
    import streamlit as st

    from hfcore.backends.local.workspace import LocalWorkspace
    from hfcore.reporting.threshold_choice import ThresholdChoice
    from hfcore.ui import chosen_threshold, registration
    from hfcore.ui.guard import guard

    ws = LocalWorkspace(home)
    report = ws.report(ws.runs()[0].id)
    st.session_state.setdefault(registration._ASKED, report.child_id)
    if cut:
        chosen_threshold.remember(report, ThresholdChoice(cut, "Youden", "largest sum"))
    with guard():
        registration.form(ws, report)


def test_the_chosen_threshold_is_kept_with_the_version(finished_home: FinishedRun) -> None:
    """Registering takes the threshold that was chosen with its reason, another one when it is typed over, 50 % without any."""
    for cut, typed in ((0.31, None), (0.31, 42.5), (0.0, None)):
        app = AppTest.from_function(_dialog, args=(str(finished_home.home), cut), default_timeout=60).run()
        if typed is not None:
            app.number_input(key="register-threshold").set_value(typed)
        app.button(key="register-confirm").click().run()
        sound(app)
    kept = [(m.threshold, m.threshold_rule) for m in reversed(LocalWorkspace(finished_home.home).models())]
    assert kept == [(0.31, "largest sum"), (0.425, "set by hand"), (0.5, "nobody has chosen one")]


def test_the_threshold_is_told_with_the_version(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """Model says from which risk on the registered version predicts the outcome and why, Deploy offers it with it."""
    finished_home.open().register_model(finished_home.run_id, threshold=0.315)
    assert "threshold 31.5 % (set by hand)" in words(open_page("model"))
    assert "threshold 31.5 %" in open_page("deploy").selectbox(key="deploy-model").options[0]


def test_the_threshold_stands_beside_the_answer(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """The endpoint's card and the answer to a patient name the threshold, and the class follows from it."""
    ws = finished_home.open()
    ws.deploy(ws.register_model(finished_home.run_id, threshold=0.03), DeploymentSpec(name="automl-hf-sdk"))
    try:
        assert "threshold 3 %" in words(open_page("deploy"))
        app = open_page("predict")
        sound(app.button(key="score").click().run())
        assert "The risk is at or above the model's cut of 3 %: classed as **died**." in words(app)
    finally:
        ws.delete_endpoint("automl-hf-sdk")


def test_the_champion_is_shown_and_offered_first(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Sidebar, Overview and Deploy put the champion before newer versions; without one it is the newest."""
    run = memory.add_run(RunState.COMPLETED, children=3)
    first, second, third = (memory.register_model(run.id) for _ in range(3))
    assert "v3 registered" in words(open_page("overview"))
    memory.update_model(second, aliases=["challenger"])
    memory.update_model(first, aliases=["champion"])
    app = open_page("overview")
    assert "v1 champion" in words(app)
    assert "Champion model" in words(app)
    assert [m.version for m in deployment_form.in_order(memory.models())] == [1, 2, 3]
    assert open_page("deploy").selectbox(key="deploy-model").options[0].startswith(f"{first.label} (champion)")
    assert third.version == 3


def test_a_threshold_that_is_not_known_is_not_claimed(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A service whose script has a rule of its own is not said to use the version's threshold."""
    memory.register_model(memory.add_run(RunState.COMPLETED, children=1).id, threshold=0.3)
    memory.deploy(memory.models()[0], DeploymentSpec(name="a-service"))
    assert "threshold" not in words(open_page("deploy"))
    memory.endpoint_list[0] = replace(memory.endpoint_list[0], threshold=0.3)
    assert "threshold 30 %" in words(open_page("deploy"))
