"""Explore: who are these patients, and what separates those who died?"""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from hfcore.datasets import load_heart_failure
from hfcore.datasets.schema import Column, Schema
from hfcore.ui import relations, survival, variables
from tests.fakes.workspace import MemoryWorkspace
from tests.pages.conftest import OpenPage
from tests.pages.seen import sound, table, title, words

DATA = "heart-failure-records"
TABS = ("Patients", "Variables", "Table 1", "Relations", "Survival", "Guardrails")


def tab(app: AppTest, name: str) -> AppTest:
    """Open a tab."""
    app.session_state["explore-tab"] = name
    return sound(app.run())


def test_first_sentence_answers_the_question(open_page: OpenPage) -> None:
    """An empty home already says how many patients there are, how many died, and what separates them."""
    said = words(open_page("explore"))
    assert "**299 patients**, of whom **96 died** (32 %)." in said
    assert "Those who died had higher serum creatinine, lower ejection fraction and higher age." in said
    assert "Guardrails: 7 passed, 3 alerted." in said


def test_patients_are_shown_in_words_with_units(open_page: OpenPage) -> None:
    """The table says yes and no, woman and man, survived and died, and puts the unit into each heading."""
    app = open_page("explore")
    shown = table(app)
    assert len(shown) == 299
    assert set(shown["anaemia"]) == {"yes", "no"}
    assert set(shown["sex"]) == {"woman", "man"}
    assert shown["DEATH_EVENT"].value_counts().to_dict() == {"survived": 203, "died": 96}
    headings = [column.get("label") for column in json.loads(app.dataframe[0].proto.columns).values()]
    assert "Serum sodium (mEq/L)" in headings
    assert "Platelets (per µL)" in headings


@pytest.mark.parametrize("name", TABS)
@pytest.mark.parametrize("dark", [False, True])
def test_every_tab_draws_in_both_themes(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, name: str, dark: bool) -> None:
    """No tab fails, light or dark."""
    for module in (variables, relations, survival):
        monkeypatch.setattr(module, "is_dark", lambda: dark)
    app = tab(open_page("explore"), name)
    assert app.markdown


def test_variables_are_sorted_by_effect_with_follow_up_time_last(open_page: OpenPage) -> None:
    """The variable that separates most comes first; the one nobody knows beforehand comes last and says so."""
    app = tab(open_page("explore"), "Variables")
    cards = [m.value.replace("\\", "") for m in app.markdown if "d = " in m.value]
    assert len(cards) == 12
    assert cards[0].startswith("**Serum creatinine (mg/dL)**  \nMedian 1.3 among those who died, 1 among those who survived")
    assert cards[-1].startswith("**Follow-up time (days)**")
    assert "Nobody knows it when a new patient is scored." in cards[-1]


def test_a_filter_applies_to_all_tabs(open_page: OpenPage) -> None:
    """Choosing women of 60 and over changes sentence, table and survival alike."""
    frame = load_heart_failure()
    chosen = frame[(frame["sex"] == 0) & (frame["age"] >= 60)]
    app = open_page("explore")
    app.segmented_control(key=f"filter-sex-{DATA}").set_value("Women")
    sound(app.slider(key=f"filter-age-{DATA}").set_value((60, 95)).run())
    assert f"**{len(chosen)} patients**, of whom **{chosen['DEATH_EVENT'].sum()} died**" in words(app)
    assert len(table(app)) == len(chosen)
    assert f"**All patients**: {len(chosen)} patients, {chosen['DEATH_EVENT'].sum()} died;" in words(tab(app, "Survival"))


def test_a_filter_that_nobody_fits_says_so(open_page: OpenPage) -> None:
    """An empty selection is a sentence with a way out, not an empty chart."""
    app = open_page("explore")
    app.segmented_control(key=f"filter-sex-{DATA}").set_value("Women")
    app.slider(key=f"filter-age-{DATA}").set_value((91, 93)).run()
    assert "No patient fits this filter." in words(sound(app))


def test_a_link_restores_filters_and_tab(open_page: OpenPage) -> None:
    """Whoever opens a shared address sees the same patients on the same tab, with the filters as chips."""
    frame = load_heart_failure()
    chosen = frame[(frame["sex"] == 0) & (frame["age"] >= 60) & (frame["ejection_fraction"] <= 40)]
    where = ["sex:0", "age:60..95", "ejection_fraction:..40"]
    app = open_page("explore", where=where, **{"explore-tab": "Survival"})
    assert f"**All patients**: {len(chosen)} patients, {chosen['DEATH_EVENT'].sum()} died;" in words(app)
    assert app.segmented_control(key=f"filter-sex-{DATA}").value == "Women"
    assert app.slider(key=f"filter-age-{DATA}").value == (60, 95)
    assert app.button(key="filter-chip-ejection_fraction").label == "Ejection fraction at most 40 %"


def test_filters_stand_in_the_address(open_page: OpenPage) -> None:
    """What is filtered by the widgets is written into the address; a click on a chip, or on the way back, takes it out again."""
    app = open_page("explore")
    app.segmented_control(key=f"filter-sex-{DATA}").set_value("Men").run()
    app.selectbox(key="filter-column").set_value("serum_creatinine").run()
    app.number_input(key=f"filter-edit-{DATA}-serum_creatinine-low").set_value(1.5)
    sound(app.button(key="filter-apply").click().run())
    assert app.query_params["where"] == ["sex:1", "serum_creatinine:1.5.."]
    sound(app.button(key="filter-chip-serum_creatinine").click().run())
    assert app.query_params["where"] in ("sex:1", ["sex:1"])
    sound(app.button(key="filter-reset").click().run())
    assert "where" not in app.query_params
    assert "**299 patients**" in words(app)


def test_filters_survive_a_look_at_another_page(open_page: OpenPage) -> None:
    """Coming back from another page, the reader finds the patients as they were left."""
    app = open_page("explore")
    app.segmented_control(key=f"filter-sex-{DATA}").set_value("Women").run()
    app.switch_page("pages/train.py").run()
    app.query_params.clear()
    assert "**105 patients**" in words(sound(app.switch_page("pages/explore.py").run()))


def test_a_filter_that_does_not_fit_is_said(open_page: OpenPage) -> None:
    """A filter of another table in the address is named and not applied."""
    said = words(open_page("explore", where=["height:..180", "sex:0"]))
    assert "The address has a filter that does not fit this data set and is not applied: height:..180" in said
    assert "**105 patients**" in said


def test_variables_come_with_their_tests(open_page: OpenPage) -> None:
    """Each card names the test with its p and q; the tab says what they mean."""
    said = words(tab(open_page("explore"), "Variables"))
    assert "Mann-Whitney test: p < 0.001, q < 0.001" in said
    assert "chi-square test: p = 0.31, q = 0.53" in said
    assert "q: p corrected for the number of variables looked at" in said


def test_table_one_is_shown_and_can_be_taken_along(open_page: OpenPage) -> None:
    """The tab Table 1 has a line per variable and three downloads."""
    app = tab(open_page("explore"), "Table 1")
    shown = app.table[0].value
    assert len(shown) == 12
    assert "ejection" in shown.iloc[4, 0].lower()
    assert [b.label for b in app.get("download_button")] == ["CSV", "Markdown", "HTML"]


def test_a_pair_stands_in_the_address(open_page: OpenPage) -> None:
    """A link to two variables opens them, and choosing others changes the link."""
    app = open_page("explore", across="age", up="sex", **{"explore-tab": "Relations"})
    assert "**Age** and **Sex**: hardly related, correlation ratio 0.07." in words(app)
    sound(app.selectbox(key=f"pair-up-{DATA}").set_value("serum_creatinine").run())
    assert app.query_params["up"] in ("serum_creatinine", ["serum_creatinine"])


def test_a_pair_is_described_in_words(open_page: OpenPage) -> None:
    """Two chosen variables come with their correlation and how strong that is."""
    app = tab(open_page("explore"), "Relations")
    app.selectbox(key=f"pair-across-{DATA}").set_value("sex")
    sound(app.selectbox(key=f"pair-up-{DATA}").set_value("smoking").run())
    assert "**Sex** and **Smoking**: moderately related, Cramér's V 0.45." in words(app)


def test_survival_by_a_factor_tells_both_groups(open_page: OpenPage) -> None:
    """Survival by ejection fraction gives one sentence per group."""
    app = tab(open_page("explore"), "Survival")
    sound(app.selectbox(key=f"factor-{DATA}").set_value("ejection_fraction").run())
    assert "**Ejection fraction below 38 %**: 142 patients, 58 died" in words(app)
    assert "**Ejection fraction 38 % or more**: 157 patients, 38 died" in words(app)


def test_survival_is_cut_where_one_says(open_page: OpenPage) -> None:
    """The cut of a number stands in the address, and the groups and their log-rank p follow it."""
    app = open_page("explore", by="ejection_fraction", **{"explore-tab": "Survival"})
    sound(app.number_input(key=f"cut-{DATA}-ejection_fraction").set_value(30).run())
    assert app.query_params["cut"] in ("30", ["30"])
    assert "**Ejection fraction below 30 %**: 59 patients" in words(app)
    assert "Survival differs by ejection fraction: log-rank p < 0.001." in words(app)


def test_hazards_are_told_in_words(open_page: OpenPage) -> None:
    """The Cox model says what goes with dying earlier, how well it orders patients, and which ratio does not hold all along."""
    said = words(tab(open_page("explore"), "Survival"))
    assert "higher age (1.59 per 10 years), higher serum creatinine (1.38 per 1 mg/dL)" in said
    assert "higher ejection fraction (0.61 per 10 %) with dying later." in said
    assert "(concordance 0.741; a coin reaches 50)" in said
    assert "Not for ejection fraction (p = 0.016)" in said
    assert "8.7 deaths per term; below 10 the ratios are unsteady" in said


def test_hazards_of_a_few_patients_are_not_made_up(open_page: OpenPage) -> None:
    """Where a Cox model cannot be fitted, the page says why instead."""
    said = words(tab(open_page("explore", where=["age:93..95"]), "Survival"))
    assert "No Cox model can be fitted to these patients" in said


def test_a_table_without_follow_up_says_so(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Survival of a table that tells no time is a sentence, not a failure."""
    frame = load_heart_failure().drop(columns=["time"])
    schema = Schema(tuple(c for c in memory.dataset_list[0].schema if c.name != "time"))
    memory.dataset_list[0] = replace(memory.dataset_list[0], schema=schema, sha256="2", loader=lambda: frame)
    assert "Survival needs days under observation" in words(tab(open_page("explore"), "Survival"))


def test_a_link_shows_the_version_it_was_made_on(
    memory: MemoryWorkspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address with a version opens that one and says so, also when another is current; a lost one is said."""
    older = replace(memory.dataset_list[0], version=7, sha256="7", loader=lambda: load_heart_failure().head(120), rows=120)
    known = memory.dataset
    found = {7: older}
    monkeypatch.setattr(memory, "dataset", lambda name=DATA, version=None: found.get(version) or known(name, version))
    app = open_page("explore", version="7", where=["sex:0"])
    assert "The address shows version 7 of this data set; version 1 is the current one." in words(app)
    chosen = load_heart_failure().head(120)
    assert f"**{(chosen['sex'] == 0).sum()} patients**" in words(app)
    sound(app.button(key="show-current-version").click().run())
    assert "**299 patients**" in words(app)
    assert "Version 9 in the address does not exist any more." in words(open_page("explore", version="9"))


def test_the_code_has_the_filters(open_page: OpenPage) -> None:
    """The script of the page keeps the patients that the page shows."""
    code = open_page("explore", where=["sex:0", "age:60..", "ejection_fraction:20..40"]).code[0].value
    assert "frame = frame[frame['sex'].isin([0])]" in code
    assert "frame = frame[frame['age'] >= 60.0]" in code
    assert "frame = frame[frame['ejection_fraction'].between(20.0, 40.0)]" in code


def test_a_long_table_is_bounded_and_says_so(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """Of many patients the browser gets a thousand rows, two thousand dots and fields instead of dots; counts are of all."""
    frame = load_heart_failure().sample(21_000, replace=True, random_state=1, ignore_index=True)
    memory.dataset_list[0] = replace(memory.dataset_list[0], sha256="3", rows=21_000, loader=lambda: frame)
    app = open_page("explore")
    assert "**21,000 patients**" in words(app)
    assert len(table(app)) == 1_000
    assert "Showing the first 1,000 of 21,000 patients" in words(app)
    assert "Dots and boxes show 2,000 of 21,000 patients, drawn at random" in words(tab(app, "Variables"))
    assert all(len(chart.proto.spec) < 200_000 for chart in app.get("plotly_chart"))
    assert "the darker a field, the more patients" in words(tab(app, "Relations"))
    assert "Compared: 20,000 of 21,000 patients, drawn at random." in words(app)
    assert "patients have a missing value or were not among the 10,000 drawn at random" in words(tab(app, "Survival"))
    assert "Checked on 20,000 of 21,000 patients, drawn at random." in words(tab(app, "Guardrails"))


def test_shown_texts_start_no_formula(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """The table's own download, which the browser makes of what it shows, holds no formula either."""
    frame = pd.DataFrame({"=note": ["=1+1", "@x", "fine", "-2"] * 5, "x": [-1.0, 2, -3, 4] * 5, "dead": [0, 1, 0, 1] * 5})
    columns = (Column("=note", "note", "category", levels=("=1+1",)), Column("x", "x", "number"))
    schema = Schema((*columns, Column("dead", "dead", "boolean", is_label=True)))
    memory.dataset_list[0] = replace(memory.dataset_list[0], schema=schema, rows=20, sha256="4", loader=lambda: frame)
    shown = table(open_page("explore"))
    assert set(shown["'=note"]) == {"'=1+1", "'@x", "fine", "'-2"}
    assert set(shown["x"]) == {-1.0, 2.0, -3.0, 4.0}


def test_guardrails_say_what_to_do(open_page: OpenPage) -> None:
    """What was alerted comes first, with advice."""
    said = words(tab(open_page("explore"), "Guardrails"))
    assert said.index("Leakage") < said.index("Missing values")
    assert "Leave out 'time', or read every figure with that in mind." in said


def test_names_from_data_are_shown_literally(memory: MemoryWorkspace, open_page: OpenPage) -> None:
    """A column called like markup or a formula stays text on every tab."""
    hostile = "<script>alert(1)</script>**x**"
    schema = Schema(
        (
            Column(hostile, hostile, "number", unit="<b>", meaning="$x$ :red[y]"),
            Column("weight", "weight", "number"),
            Column("dead", "dead", "boolean", is_label=True),
        )
    )
    frame = pd.DataFrame({hostile: [1.0, 2, 3, 4] * 5, "weight": [4.0, 3, 1, 2] * 5, "dead": [0, 1, 0, 1] * 5})
    data = replace(memory.dataset_list[0], name="other", schema=schema, rows=20, columns=3, sha256="1", loader=lambda: frame)
    memory.dataset_list.append(data)
    app = open_page("explore")
    app.selectbox(key="dataset").set_value("other").run()
    for name in TABS:
        tab(app, name)
        assert not [m.value for m in app.markdown if "<script>" in m.value or "**x**" in m.value]


def test_the_way_on_leads_to_training(open_page: OpenPage) -> None:
    """The primary action goes on to Train."""
    app = open_page("explore")
    assert title(app.button(key="start-training").click().run()) == "Train"
