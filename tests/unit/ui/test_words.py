"""Numbers, moments and sizes as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hfcore.ui import words

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_metrics_have_three_decimals() -> None:
    """A metric is written with three decimals, a missing or undefined one as a dash."""
    assert [words.metric(v) for v in (0.80349, 1.0, None, float("nan"))] == ["0.803", "1.000", "–", "–"]


def test_interval_shares_the_cell() -> None:
    """An interval stands beside its estimate; without bounds the estimate stands alone."""
    assert words.interval(0.803, 0.74, 0.86) == "0.803 (95 % 0.740 to 0.860)"
    assert words.interval(0.803, None, 0.86) == "0.803"


@pytest.mark.parametrize(
    ("seconds", "whole", "said"),
    [
        (4.25, False, "4.2 s"),
        (4.25, True, "4 s"),
        (59.9, True, "59 s"),
        (185, False, "3 min 05 s"),
        (7800, True, "2 h 10 min"),
        (None, False, "–"),
    ],
)
def test_durations(seconds: float | None, whole: bool, said: str) -> None:
    """A duration is written in the unit people would use, with tenths only where they are wanted."""
    assert words.duration(seconds, whole) == said


def test_sizes() -> None:
    """Bytes are written in the unit that keeps the number short."""
    assert [words.size(n) for n in (0, 999, 12_239, 3_400_000, 5e9)] == ["0 B", "999 B", "12.2 kB", "3.4 MB", "5.0 GB"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "just now"),
        (40, "40 seconds ago"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (90_000, "1 day ago"),
        (-50, "just now"),
    ],
)
def test_moments_are_told_by_distance(seconds: int, said: str) -> None:
    """A moment is told by its distance from now; a clock that runs ahead is no reason for a negative one."""
    assert words.ago(NOON - timedelta(seconds=seconds), NOON) == said


def test_exact_moment_names_its_zone() -> None:
    """The exact moment is written in UTC and says so."""
    assert words.exact(NOON) == "2026-11-22 12:00:00 UTC"


def test_counts_agree_with_their_noun() -> None:
    """One is singular, the rest plural, thousands are separated."""
    assert [words.count(n, "run") for n in (0, 1, 1204)] == ["0 runs", "1 run", "1,204 runs"]
    assert words.count(2, "entry", "entries") == "2 entries"


def test_text_from_data_is_not_obeyed() -> None:
    """Every character that markdown gives a meaning is escaped."""
    assert words.literal("**a** :red[b] <i>$x$") == r"\*\*a\*\* \:red\[b\] \<i\>\$x\$"


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Creatine phosphokinase (CPK)", "creatine phosphokinase (CPK)"),
        ("BNP", "BNP"),
        ("NYHA class", "NYHA class"),
        ("Age", "age"),
        ("", ""),
    ],
)
def test_titles_keep_their_abbreviations_inside_a_sentence(title: str, said: str) -> None:
    """Only the first letter becomes small, and not that of an abbreviation."""
    assert words.inside(title) == said


def test_a_moment_in_a_choice_does_not_change_while_it_is_read() -> None:
    """A moment inside the label of a choice is written in full, so that the label a reader clicks on still exists."""
    assert words.clock(datetime(2026, 11, 2, 9, 5, 59, tzinfo=UTC)) == "2 Nov 09:05 UTC"
