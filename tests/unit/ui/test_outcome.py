"""The words for the two outcomes of a table."""

from __future__ import annotations

from dataclasses import replace

from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.schema import Column, Schema
from hfcore.ui import outcome


def test_the_heart_failure_records_speak_of_deaths() -> None:
    """The shipped table's outcomes are verbs."""
    risk = "death during follow-up"
    assert outcome.of(HEART_FAILURE_SCHEMA) == outcome.Outcome("died", "survived", "who died", "who survived", risk)


def test_another_label_is_written_with_its_value() -> None:
    """A label without words of its own is written as name and value."""
    schema = Schema((Column("class", "class", "boolean", is_label=True, choices=("no", "yes")),))
    assert outcome.of(schema, "class", "1").who_event == "with class = 1"


def test_words_of_another_table_are_no_verbs() -> None:
    """Two words of a label are written with its name, and patients had them."""
    schema = Schema((Column("course", "course", "boolean", is_label=True, choices=("stable", "progressed")),))
    words = outcome.of(schema, "course", "1")
    assert (words.who_event, words.who_other) == ("with course = progressed", "with course = stable")
    assert (words.did, outcome.of(HEART_FAILURE_SCHEMA).did) == ("had course = progressed", "died")


def test_a_score_answers_a_question_about_the_label() -> None:
    """Death only for the heart failure outcome, else a label's word; follow-up only with the table's own outcome."""
    course = Column("course", "Course", "boolean", is_label=True, choices=("stable", "progressed"))
    relapse = replace(course, name="relapse", title="Relapse", choices=("no", "yes"))
    grade = Column("grade", "Grade", "category", is_label=True)
    told = [
        outcome.of(HEART_FAILURE_SCHEMA),
        outcome.of(HEART_FAILURE_SCHEMA, "DEATH_EVENT", "1"),
        outcome.of(HEART_FAILURE_SCHEMA, "anaemia", "1"),
        outcome.of(Schema((course,)), "course", "1"),
        outcome.of(Schema((relapse,))),
        outcome.of(Schema((grade,)), "grade", "high"),
        outcome.of(Schema(())),
    ]
    assert [words.question for words in told] == [
        "Risk of death during follow-up",
        "Risk of death during follow-up",
        "Risk of anaemia = 1",
        "Risk of course = progressed",
        "Risk of relapse",
        "Risk of grade = high",
        "Probability",
    ]


def test_a_label_other_than_the_schemas_is_not_called_death() -> None:
    """A run on another column of the same table does not borrow the outcome's words."""
    assert outcome.of(HEART_FAILURE_SCHEMA, "anaemia", "1").event == "anaemia = 1"


def test_names_from_data_are_escaped_for_where_they_go() -> None:
    """Markdown and figures each show a hostile name as it is."""
    words = outcome.of(Schema(()), "<b>*x*", "1")
    assert words.for_figure().event == "&lt;b&gt;*x* = 1"
    assert words.for_markdown().event == r"\<b\>\*x\* = 1"
