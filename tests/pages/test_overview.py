"""The overview: where do I stand?"""

from __future__ import annotations

from datetime import timedelta

from hfcore.automl.settings import AutoMLSettings
from hfcore.records import DeploymentSpec
from hfcore.states import RunState
from tests.fakes.workspace import MemoryWorkspace, now
from tests.pages.conftest import OpenPage
from tests.pages.seen import links, title, words


def test_first_visit_shows_three_steps(open_page: OpenPage) -> None:
    """An empty home says what this is, how many patients are ready, and leads to the first three steps."""
    app = open_page("overview")
    said = words(app)
    assert "299 patients with heart failure are ready" in said
    assert {"Explore the data", "Start training", "Deploy a model"} <= set(links(app))
    assert "Research use only. Not a medical device." in said


def test_start_training_is_the_action(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The primary action leads to the Train page."""
    app = open_page("overview")
    app.button(key="start-training").click().run()
    assert title(app) == "Train"


def test_tells_the_latest_result_with_its_time_note(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The opening sentence names the latest result, its score with three decimals, and that follow-up time was left out."""
    memory.add_run(RunState.COMPLETED, children=8)
    assert "VotingEnsemble**, AUC **0.803**, without follow-up time" in words(open_page("overview"))


def test_never_shows_a_score_with_time_unremarked(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A run that used follow-up time is marked in the sentence and on its card."""
    memory.add_run(RunState.COMPLETED, children=8, settings=AutoMLSettings(label_column_name="DEATH_EVENT"))
    assert words(open_page("overview")).count("with follow-up time") >= 2


def test_running_run_is_the_news(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """While a run works, the sentence says how far it is, and the card leads to watching it."""
    memory.add_run(RunState.COMPLETED, children=8, age_minutes=60)
    run = memory.add_run(RunState.RUNNING, children=3, age_minutes=1)
    app = open_page("overview")
    assert "A run is under way" in words(app)
    assert "3 of 8 child runs done" in words(app)
    assert links(app)["Watch the run"] == f"runs?run={run.id}"


def test_cards_lead_on(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """With a run, a model and an endpoint each card shows one figure and leads to its page with the id in the address."""
    run = memory.add_run(RunState.COMPLETED, children=8)
    memory.deploy(memory.register_model(run.id), DeploymentSpec(name="automl-hf-sdk"))
    app = open_page("overview")
    assert links(app)["Open the run"] == f"runs?run={run.id}"
    assert links(app)["How good is it?"] == f"model?run={run.id}"
    assert links(app)["Score a patient"] == "predict?endpoint=automl-hf-sdk"
    assert "In service: **automl-hf-sdk** with version 1." in words(app)


def test_last_events_newest_first(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The last ten events are told newest first, each a link with the exact moment in its tooltip."""
    for age in range(10, 20):
        memory.add_run(RunState.COMPLETED, children=1, age_minutes=60 * age, experiment=f"try-{age}")
    app = open_page("overview")
    shown = [link for link in app.main.get("page_link") if "try" in link.value]
    assert len(shown) == 10
    assert "try\\-10" in shown[0].value
    assert all("UTC" in link.proto.help for link in shown)


def test_names_from_data_are_shown_as_they_are(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Markdown in an experiment's name is escaped, not obeyed."""
    memory.add_run(RunState.FAILED, experiment="**x** <b>", message="no", ended_at=now() - timedelta(seconds=5))
    label = next(link.value for link in open_page("overview").main.get("page_link") if "Run failed" in link.value)
    assert r"\*\*x\*\* \<b\>" in label
