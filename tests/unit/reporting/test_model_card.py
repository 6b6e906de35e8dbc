"""The model card: complete, literal whatever the data are called, and without anything that could run or leak."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets import load_heart_failure, shipped_dataset
from hfcore.datasets.schema import Column, Schema
from hfcore.records import Guardrail, ModelVersion, Run
from hfcore.reporting.model_card import CardFacts, DataFacts, card, to_html, to_markdown
from hfcore.reporting.model_card.blocks import NOT_AVAILABLE, Card, Grid
from hfcore.reporting.report import CalibrationBin, Curve, Estimate, Member, ModelReport, PipelineStep, Subgroup, ThresholdCounts
from hfcore.settings import NOTICE
from hfcore.states import RunState

MOMENT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)> $x^2$ **b** [a](http://evil) | `c` \"q\""
FEATURES = tuple(c for c in shipped_dataset().schema.names if c not in ("time", "DEATH_EVENT"))
REPORT = ModelReport(
    run_id="run-1",
    child_id="run-1_3",
    algorithm="VotingEnsemble",
    steps=(PipelineStep("LogisticRegression", {"C": 0.01}),),
    labels=("0", "1"),
    positive_label="1",
    label_column="DEATH_EVENT",
    features=FEATURES,
    excluded_columns=("time",),
    uses_follow_up_time=False,
    rows=299,
    events=96,
    validation="10-fold stratified cross-validation on 299 patients",
    metrics={"AUC_weighted": 0.8061},
    fold_metrics={"AUC_weighted": (0.7, 0.9)},
    roc=Curve((0.0, 1.0), (0.0, 1.0)),
    precision_recall=Curve((0.0, 1.0), (1.0, 0.3)),
    calibration=(CalibrationBin(0.1, 0.12, 0.05, 0.2, 60),),
    thresholds=(ThresholdCounts(0.5, 40, 20, 183, 56), ThresholdCounts(0.3, 71, 24, 179, 25)),
    brier=0.171,
    intervals={"AUC_weighted": Estimate(0.8061, 0.75, 0.86)},
    honest=Estimate(0.791, 0.73, 0.845, "bootstrap"),
    honest_note="corrected for having picked the best of 26",
    members=(Member(3, "LightGBM", 0.6),),
    parity=2e-8,
    subgroups=(
        Subgroup("sex", "women", 105, 34, Estimate(0.77, 0.66, 0.86), Estimate(0.01, -0.05, 0.07), tuple(range(101)), True),
    ),
    calibration_slope=Estimate(0.95, 0.7, 1.2),
    libraries={"scikit-learn": "1.9.0"},
)
RUN = Run(
    id="run-1",
    experiment="e",
    state=RunState.COMPLETED,
    settings=AutoMLSettings(label_column_name="DEATH_EVENT", excluded_columns=("time",)).to_dict(),
    dataset="heart-failure-records",
    dataset_version=1,
    created_at=MOMENT,
    finished=26,
    guardrails=(Guardrail("Missing feature values", "Passed", "No cell is empty."),),
)
MODEL = ModelVersion(
    name="heart-failure-risk",
    version=3,
    sha256="ab" * 32,
    run_id="run-1",
    child_id="run-1_3",
    algorithm="VotingEnsemble",
    features=FEATURES,
    created_at=MOMENT,
    size_bytes=100,
    aliases=("champion",),
    threshold=0.3,
    threshold_rule="sensitivity of at least 70 %",
    registered_by="ada",
)


def data(**changes: object) -> DataFacts:
    shipped = shipped_dataset()
    missing = dict.fromkeys(shipped.schema.names, 0)
    told = DataFacts(shipped.name, 1, shipped.sha256, 299, 13, shipped.schema, shipped.description, missing)
    return replace(told, **changes)  # type: ignore[arg-type]


FACTS = CardFacts(REPORT, RUN, data(), MOMENT, "Heart Failure Studio 0.1.0", MODEL, "died", "survived")


class Page(HTMLParser):
    """Collects the tags, the attributes and the text of a page as a browser would."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += f"{data}\n"


def test_the_card_says_what_has_to_be_said() -> None:
    """Data, use, method, figures with intervals, calibration, groups, limits, hashes and versions are all in both forms."""
    for text in (Page(to_html(card(FACTS))).text, to_markdown(card(FACTS)).replace("\\", "")):
        for said in (
            "Model card: heart-failure-risk:3",
            "champion",
            "96 of 299 who died (32.1 %)",
            "Faisalabad",
            "0.806",
            "0.750 to 0.860",
            "AUC 0.791 (95 % 0.73 to 0.84)",
            "of 96 who died, 71 found and 25 missed; 24 of 203 who survived flagged",
            "sensitivity of at least 70 %",
            "0.950 (95 % 0.700 to 1.200)",
            "sex: women",
            "30 of 34",
            "Deciding anything about a patient",
            "One region",
            "ab" * 32,
            shipped_dataset().sha256,
            "scikit-learn 1.9.0",
            "60 % child run 3, LightGBM",
            "BMJ 385:e078378",
        ):
            assert said in text, said
        assert text.count(NOTICE) >= 2


def test_all_27_items_of_tripod_are_answered_or_not_available() -> None:
    """Each item has a number, a topic, what is asked, and an answer; what nobody knows is not made up."""
    (section,) = [s for s in card(FACTS).sections if s.title == "TRIPOD+AI"]
    (grid,) = [b for b in section.blocks if isinstance(b, Grid)]
    assert [row[0] for row in grid.rows] == [str(n) for n in range(1, 28)]
    assert all(row[1] and row[2] and row[3] for row in grid.rows)
    answers = {row[1]: row[3] for row in grid.rows}
    assert answers["Patient and public involvement"] == NOT_AVAILABLE
    own = card(replace(FACTS, data=data(name="mine", sha256="1" * 64, description="")))
    (theirs,) = [b for s in own.sections if s.title == "TRIPOD+AI" for b in s.blocks if isinstance(b, Grid)]
    unknown = {row[1] for row in theirs.rows if row[3] == NOT_AVAILABLE}
    assert {"Background", "Data", "Participants", "Outcome", "Ethical approval", "Open science"} <= unknown


def test_limits_of_the_shipped_records_are_not_claimed_for_others() -> None:
    """A table of the user's own has neither the region, nor the follow-up, nor the citation of the shipped one."""
    text = to_markdown(card(replace(FACTS, data=data(name="mine", sha256="1" * 64, description="A register."))))
    assert "A register" in text
    assert not re.search("Faisalabad|Ahmad|285 days|NYHA", text)
    assert "Nobody has written down what it is for" in text


def test_follow_up_time_is_never_passed_over() -> None:
    """A model that uses follow-up time is not for any new patient, and its first figure says so."""
    text = to_markdown(card(replace(FACTS, report=replace(REPORT, uses_follow_up_time=True)))).replace("\\", "")
    assert "Any new patient: it uses follow-up time" in text
    assert "but it uses follow-up time" in text


def test_what_a_backend_does_not_give_is_not_available() -> None:
    """Without intervals, curves, groups and libraries the card is still written and says what is missing."""
    bare = replace(REPORT, intervals={}, honest=None, thresholds=(), calibration=(), subgroups=(), libraries={}, parity=None)
    text = to_markdown(card(replace(FACTS, report=bare, model=None, data=data(missing=None)))).replace("\\", "")
    assert text.count(NOT_AVAILABLE) > 10
    assert "not registered" in text
    assert "of 96 who died" not in text


def hostile() -> tuple[str, str]:
    """A card in which everything that comes from people or data tries to break out."""
    schema = Schema((Column(HOSTILE, HOSTILE, "number", HOSTILE, HOSTILE), *shipped_dataset().schema.columns))
    model = replace(MODEL, description=HOSTILE, tags={HOSTILE: HOSTILE}, threshold_rule=HOSTILE, registered_by=HOSTILE)
    told = replace(
        REPORT,
        algorithm=HOSTILE,
        steps=(PipelineStep(HOSTILE, {HOSTILE: HOSTILE}),),
        label_column=HOSTILE,
        positive_label=HOSTILE,
        features=(HOSTILE,),
        subgroups=(replace(REPORT.subgroups[0], variable=HOSTILE, name=HOSTILE),),
        gaps=(HOSTILE,),
    )
    run = replace(RUN, guardrails=(Guardrail(HOSTILE, "Alerted", HOSTILE, HOSTILE),))
    facts = replace(FACTS, report=told, run=run, model=model, data=data(schema=schema, name=HOSTILE), event=HOSTILE)
    return to_html(card(facts)), to_markdown(card(facts))


def test_hostile_text_is_shown_literally_in_html() -> None:
    """No name opens a tag, runs a script or calls an address; the page holds the text as it is and forbids everything else."""
    page = hostile()[0]
    seen = Page(page)
    assert seen.tags.isdisjoint({"script", "img", "a", "iframe", "link", "object", "form", "svg"})
    assert not any(name.startswith("on") or name in ("src", "href") for name in seen.attributes)
    assert seen.text.count("<script>alert('x')</script>") > 10
    assert "default-src 'none'" in page
    assert "@media print" in page


def test_hostile_text_is_shown_literally_in_markdown() -> None:
    """Every mark that Markdown, its tables or Streamlit know is escaped, and a table keeps its columns."""
    text = hostile()[1]
    assert not re.search(r"(?<!\\)<", text)
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)\$|(?<!\\)`", text)
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("| ")]
    assert len(tables) == 11
    for lines in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1, lines[0]


def test_no_value_of_a_patient_is_in_the_card() -> None:
    """Counts and figures only: none of the measured platelet counts, each of which points at somebody, is written."""
    text = to_html(card(FACTS))
    platelets = {f"{value:g}" for value in load_heart_failure()["platelets"]}
    assert len(platelets) > 100
    assert not set(re.findall(r"\d+(?:\.\d+)?", text)) & platelets


@pytest.mark.parametrize("write", [to_html, to_markdown])
def test_the_card_follows_from_the_facts_alone(write: Callable[[Card], str]) -> None:
    """Written twice from the same facts the card is the same to the last character."""
    assert write(card(FACTS)) == write(card(FACTS))
