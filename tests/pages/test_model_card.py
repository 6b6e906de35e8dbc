"""The tab Model card: the card of the model on the page, to read and to take away."""

from __future__ import annotations

from hfcore.settings import NOTICE
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, words


def test_the_card_is_one_click_away(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """The tab shows the card of the champion among this model's versions, with its threshold, and offers both files."""
    ws = finished_home.open()
    first = ws.register_model(finished_home.run_id, threshold=0.3)
    ws.register_model(finished_home.run_id)
    ws.update_model(first, aliases=["champion"], description="For <b>study</b> only.")
    app = open_page("model")
    app.session_state["model-tab"] = "Model card"
    text = words(sound(app.run()))
    assert "# Model card: heart-failure-risk:1" in text
    assert "At a threshold of 30 % (set by hand): of 96 who died," in text
    assert "For <b>study</b> only." in text
    assert NOTICE in text
    assert {b.label for b in app.get("download_button")} >= {"HTML, to read and to print", "Markdown"}
    assert "| Empty cells | 0 |" in text
    assert "scikit-learn" in text
    sound(app.selectbox(key="model-card-version").set_value("heart-failure-risk:2").run())
    assert "# Model card: heart-failure-risk:2" in words(app)
