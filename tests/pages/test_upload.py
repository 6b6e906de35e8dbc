"""Explore: adding a data set from a file, and going back to an older version."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from streamlit.testing.v1 import AppTest

from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.datasets import load_heart_failure
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, title, words

MARKUP = "<b>x</b> **y** $z$ :red[w]"


def upload(app: AppTest, content: bytes, name: str) -> AppTest:
    """Choose a file."""
    return sound(app.file_uploader[0].set_value((name, content, "text/csv")).run())


def german() -> bytes:
    """The heart failure records as a German spreadsheet program writes them."""
    return load_heart_failure().to_csv(index=False, sep=";", decimal=",").encode("cp1252")


def keyed(app: AppTest, kind: str, start: str):
    """Return the widget of a kind whose key starts so."""
    return next(w for w in getattr(app, kind) if (w.key or "").startswith(start))


def test_a_german_table_is_previewed_named_and_saved(open_page: OpenPage, workspace: LocalWorkspace) -> None:
    """Semicolons and decimal commas are named before saving; saving makes version 1 with schema, file and SHA-256."""
    app = upload(open_page("explore", view="add"), german(), "klinik.csv")
    said = words(app)
    assert "**299 rows, 13 columns** read" in said
    assert "The columns are separated by semicolons, not commas." in said
    assert "Decimal commas were read as such" in said
    assert [d.name for d in workspace.datasets()] == ["heart-failure-records"]
    assert keyed(app, "selectbox", "upload-label").value == "DEATH_EVENT"
    sound(app.button(key="save-data-set").click().run())
    kept = workspace.dataset("klinik")
    assert (kept.version, kept.rows, kept.schema.label.name) == (1, 299, "DEATH_EVENT")
    assert kept.source.file == "klinik.csv"
    assert kept.source.repairs[0] == "The columns are separated by semicolons, not commas."
    pd.testing.assert_frame_equal(kept.to_pandas(), load_heart_failure())
    assert "Saved as version 1 of klinik, 299 rows" in words(app)
    assert "**299 patients**, of whom **96 died**" in words(app)


def test_another_table_with_another_outcome_is_ready_to_train(open_page: OpenPage, workspace: LocalWorkspace) -> None:
    """A table of other columns with a text outcome, as a German program writes it, can be trained on from the Train page."""
    bunch = load_breast_cancer(as_frame=True)
    frame = bunch.data.iloc[:, :6].assign(nothing=np.nan, diagnosis=bunch.target.map({0: "malignant", 1: "benign"}))
    content = frame.to_csv(index=False, sep=";", decimal=",").encode()
    app = upload(open_page("explore", view="add"), content, "breast.csv")
    assert "Without an outcome the table can be looked at; training asks for one." in words(app)
    keyed(app, "selectbox", "upload-label").set_value("diagnosis")
    sound(app.run())
    assert keyed(app, "selectbox", "upload-event").options == ["benign", "malignant"]
    assert keyed(app, "selectbox", "upload-event").value == "malignant"
    sound(app.button(key="save-data-set").click().run())
    kept = workspace.dataset("breast")
    assert kept.schema.names == tuple(frame.columns.drop("nothing"))
    assert kept.schema["diagnosis"].choices == ("benign", "malignant")
    told = frame.drop(columns="nothing").assign(diagnosis=(frame["diagnosis"] == "malignant").astype("int64"))
    pd.testing.assert_frame_equal(kept.to_pandas(), told)
    assert "**569 patients**, of whom **212 have diagnosis malignant** (37 %)." in words(app)
    sound(app.button(key="start-training").click().run())
    assert app.selectbox(key="train-dataset").value == "breast"
    assert app.selectbox(key="train-label-breast").value == "diagnosis"
    assert not app.button(key="start-training").disabled


def test_the_other_word_can_be_the_event(open_page: OpenPage, workspace: LocalWorkspace) -> None:
    """Whoever wants the risk of the commoner outcome says so before saving."""
    frame = pd.DataFrame({"weight": [70.5, 80.5, 61.5, 90.5] * 6, "course": ["stable", "stable", "progressed", "stable"] * 6})
    app = upload(open_page("explore", view="add"), frame.to_csv(index=False).encode(), "ward.csv")
    keyed(app, "selectbox", "upload-label").set_value("course")
    sound(app.run())
    assert keyed(app, "selectbox", "upload-event").value == "progressed"
    keyed(app, "selectbox", "upload-event").set_value("stable")
    sound(app.run())
    sound(app.button(key="save-data-set").click().run())
    kept = workspace.dataset("ward")
    assert kept.schema.label.choices == ("progressed", "stable")
    assert kept.to_pandas()["course"].tolist() == [1, 1, 0, 1] * 6


def test_values_out_of_range_are_said_before_saving(open_page: OpenPage) -> None:
    """Creatinine in another unit is held against the clinical range in the preview, with the rows, and may still be saved."""
    frame = load_heart_failure()
    frame.loc[[1, 5], "serum_creatinine"] = [97.0, 120.0]
    app = upload(open_page("explore", view="add"), frame.to_csv(index=False).encode(), "records.csv")
    assert "Serum creatinine: 2 of 299 values outside 0.1 to 40 mg/dL (rows 2, 6)." in words(app)
    assert not app.button(key="save-data-set").disabled


def test_type_and_unit_of_a_column_can_be_changed(open_page: OpenPage, workspace: LocalWorkspace) -> None:
    """Two words become yes/no, a unit is kept, a column is left out, and what does not fit closes the saving with its reason."""
    frame = pd.DataFrame({"weight": [70.5, 80.5, 61.5, 90.5] * 6, "ended": ["dead", "alive"] * 12, "note": ["x", "y", "z"] * 8})
    app = upload(open_page("explore", view="add"), frame.to_csv(index=False).encode(), "ward.csv")
    keyed(app, "selectbox", "upload-label").set_value("ended")
    key = app.data_editor[0].key
    app.session_state[key] = {"edited_rows": {0: {"Unit": "kg"}, 1: {"Type": "Yes/no"}, 2: {"Type": "Yes/no"}}}
    sound(app.run())
    assert "'note' has 3 different values; yes/no needs exactly two." in words(app)
    assert app.button(key="save-data-set").disabled
    app.session_state[key] = {"edited_rows": {0: {"Unit": "kg"}, 1: {"Type": "Yes/no"}, 2: {"Type": "Leave out"}}}
    sound(app.run())
    sound(app.button(key="save-data-set").click().run())
    kept = workspace.dataset("ward")
    assert [(c.name, c.kind, c.unit) for c in kept.schema] == [("weight", "number", "kg"), ("ended", "boolean", "")]
    assert kept.schema["ended"].choices == ("alive", "dead")
    assert kept.to_pandas()["ended"].tolist() == [1, 0] * 12


def test_a_file_that_is_no_table_is_a_sentence(open_page: OpenPage) -> None:
    """A ragged file gives what is wrong and what to do, saving stays closed, and the next file is taken."""
    app = upload(open_page("explore", view="add"), b"a,b\n1,2\n3,4,5\n", "ragged.csv")
    assert "the header has 2 cells, line 3 has 3" in words(app)
    assert not [b for b in app.button if b.key == "save-data-set" and not b.disabled]
    assert "**299 rows" in words(upload(app, german(), "klinik.csv"))


def test_names_of_an_uploaded_table_are_shown_literally(open_page: OpenPage, workspace: LocalWorkspace) -> None:
    """Markup and formulas in the file's name, in column names and in categories stay text, before saving and after it."""
    frame = pd.DataFrame({MARKUP: [1.5, 2.5, 3.5, 4.5] * 6, "word": [MARKUP, "plain"] * 12, "gone": [0, 1, 1, 0] * 6})
    frame[""] = range(24)
    app = upload(open_page("explore", view="add"), frame.to_csv(index=False).encode(), f"{MARKUP}/../x.csv")
    assert "values but no name in column '4'" in words(app)
    content = frame.drop(columns="").assign(**{f"{MARKUP}2": frame[MARKUP]}).to_csv(index=False).encode()
    app = upload(app, content.replace(b"2,word", b",word"), f"{MARKUP}/../x.csv")
    keyed(app, "selectbox", "upload-label").set_value("gone")
    keyed(app, "text_input", "upload-name").set_value(MARKUP)
    sound(app.button(key="save-data-set").click().run())
    assert MARKUP in [d.name for d in workspace.datasets()]
    for tab in ("Patients", "Variables", "Relations", "Survival", "Guardrails"):
        app.session_state["explore-tab"] = tab
        sound(app.run())
        assert not [
            e.value
            for e in (*app.markdown, *app.caption, *app.success, *app.subheader)
            if "<b>x" in e.value or "**y**" in e.value
        ]


@pytest.fixture
def two_versions(workspace: LocalWorkspace) -> LocalWorkspace:
    """A data set of two versions."""
    frame = load_heart_failure()
    workspace.register_dataset("clinic", frame.head(100), "The first hundred.")
    workspace.register_dataset("clinic", frame)
    return workspace


def test_an_older_version_becomes_current_again(open_page: OpenPage, two_versions: LocalWorkspace) -> None:
    """The history shows every version; an older one is made current with two clicks, and says so."""
    app = open_page("explore", view="versions", of="clinic")
    assert app.dataframe[0].value["Version"].tolist() == ["2 (current)", "1"]
    assert app.button(key="choose-version").disabled
    sound(app.selectbox(key="version-clinic").set_value(1).run())
    assert "The first hundred." in words(app)
    sound(app.button(key="choose-version").click().run())
    assert "Version 1 is the current one now; version 2 is kept." in words(app)
    assert two_versions.dataset("clinic").rows == 100


def test_the_newest_version_is_deleted_after_a_question(open_page: OpenPage, two_versions: LocalWorkspace) -> None:
    """Deleting asks once in words; with the last version the data set is gone and the page goes back to the records."""
    app = open_page("explore", view="versions", of="clinic")
    sound(app.button(key="delete-version").click().run())
    assert two_versions.dataset("clinic").version == 2
    assert "Version 2 is deleted for good; models trained on it stay." in words(app)
    sound(app.button(key="confirm-delete-version").click().run())
    assert [d.version for d in two_versions.dataset_versions("clinic")] == [1]
    sound(app.button(key="delete-version").click().run())
    sound(app.button(key="confirm-delete-version").click().run())
    assert [d.name for d in two_versions.datasets()] == ["heart-failure-records"]
    assert "The data set clinic was deleted" in words(app)
    assert title(app) == "Explore"
