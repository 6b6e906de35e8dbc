"""The tab Versions of the Model page: what is registered, what is said about it, and how two versions differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hfcore.records import ModelVersion, Resource
from hfcore.ui import model_versions, version_comparison
from hfcore.workspace import Workspace
from tests.finished import FinishedRun
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, words


def at_versions(open_page: OpenPage, part: str = "About a version") -> AppTest:
    """Open the tab and one of its parts."""
    app = open_page("model")
    app.session_state["model-tab"] = "Versions"
    app.session_state["versions-part"] = part
    return sound(app.run())


@pytest.fixture
def two(finished_home: FinishedRun) -> tuple[Workspace, ModelVersion, ModelVersion]:
    """A workspace with two versions of the winner that differ in their threshold and description."""
    ws = finished_home.open()
    first = ws.register_model(finished_home.run_id, description="<script>alert(1)</script> $x$")
    return ws, first, ws.register_model(finished_home.run_id, threshold=0.3)


def form(app: AppTest, field: str) -> str:
    """Return the key of a field of the form, which changes with the version."""
    found = [e.key for kind in ("multiselect", "text_area", "text_input", "button") for e in app.get(kind)]
    return next(k for k in found if k and k.startswith(f"version-{field}-"))


def test_without_a_version_the_tab_says_what_to_do(finished_home: FinishedRun, open_page: OpenPage) -> None:
    """Before anything is registered the tab says how to register."""
    assert "Nothing is registered yet." in words(at_versions(open_page))


def test_a_version_is_made_champion_and_described(two: tuple[Workspace, ModelVersion, ModelVersion], open_page: OpenPage) -> None:
    """The form changes aliases, description and tags at once; the sentence, the sidebar and the table tell it, text literally."""
    ws, first, second = two
    app = at_versions(open_page)
    assert "2 versions of heart-failure-risk. None is the champion yet" in words(app)
    app.multiselect(key=form(app, "aliases")).set_value(["champion", "night"])
    app.text_area(key=form(app, "description")).set_value(" For the ward. ")
    app.text_input(key=form(app, "tags")).set_value("team=cardiology, note=<b>")
    sound(app.button(key=form(app, "save")).click().run())
    told = next(m for m in ws.models() if m.label == second.label)
    assert (told.aliases, told.description) == (("champion", "night"), "For the ward.")
    assert told.tags == {"team": "cardiology", "note": "<b>"}
    app = at_versions(open_page)
    assert f"The champion is **{second.label}**." in words(app)
    assert "v2 champion" in words(app)
    rows = model_versions._frame(ws.models())
    assert list(rows["threshold"]) == ["30 %", "50 %"]
    assert rows["description"][1] == first.description


def test_a_tag_that_does_not_fit_changes_nothing(two: tuple[Workspace, ModelVersion, ModelVersion], open_page: OpenPage) -> None:
    """A field that cannot be read is a sentence, and an alias that looks like a version is one too."""
    ws, _, second = two
    app = at_versions(open_page)
    app.text_input(key=form(app, "tags")).set_value("no mark")
    app.button(key=form(app, "save")).click().run()
    assert "write key=value" in sound(app).error[0].value
    app.text_input(key=form(app, "tags")).set_value("")
    app.multiselect(key=form(app, "aliases")).set_value(["v2"])
    app.button(key=form(app, "save")).click().run()
    assert "does not fit" in sound(app).error[0].value
    assert all(m.changed_at is None for m in ws.models()), second.label


def test_two_versions_are_compared(two: tuple[Workspace, ModelVersion, ModelVersion], open_page: OpenPage) -> None:
    """The comparison names what differs and which parts are the same, and shows everything when asked."""
    app = at_versions(open_page, "Compare two versions")
    assert "differs from heart-failure-risk:1 in" in words(app)
    rows = app.table[-1].value
    assert "Threshold: threshold" in list(rows["What"])
    few = len(rows)
    sound(app.toggle(key="compare-same").set_value(True).run())
    assert len(app.table[-1].value) > few + 20
    ws, first, second = two
    assert "settings" in version_comparison.sentence(first, second, version_comparison.differences(first, second))
    assert ws.backend == "local"


def _asked(home: str) -> None:
    """The body of the question before a deletion; AppTest presses no button inside a dialog."""
    import streamlit as st

    from hfcore.backends.local.workspace import LocalWorkspace
    from hfcore.ui import deletion_dialog

    models = [r for r in LocalWorkspace(home).resources() if r.kind == "model"]
    going = deletion_dialog._announce(models)
    st.session_state["agreed"] = deletion_dialog._champion_is_meant(going)


def test_a_champion_goes_only_with_that_word(two: tuple[Workspace, ModelVersion, ModelVersion], home: Path) -> None:
    """Deleting a champion asks for the word; other versions go without it."""
    ws, first, _ = two
    app = AppTest.from_function(_asked, args=(str(home),), default_timeout=60).run()
    assert app.session_state["agreed"]
    ws.update_model(first, aliases=["champion"])
    app.run()
    assert not sound(app).session_state["agreed"]
    assert "heart-failure-risk:1 is the **champion**" in words(app)
    for typed, agreed in (("champ", False), (" Champion", True)):
        app.text_input(key="confirm-champion").set_value(typed).run()
        assert app.session_state["agreed"] is agreed
    held: list[Resource] = [r for r in ws.resources() if r.aliases]
    assert [r.name for r in held] == [first.label]
