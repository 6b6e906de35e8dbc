"""The step chart of the search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hfcore.records import ChildRun
from hfcore.states import RunState
from hfcore.ui.figures import best_so_far
from hfcore.ui.palette import DARK, LIGHT

START = datetime(2026, 11, 22, tzinfo=UTC)


def _children(*scores: float | None) -> list[ChildRun]:
    return [
        ChildRun(f"c{i}", "r", i, "<b>x</b>", RunState.COMPLETED, s, ended_at=START + timedelta(seconds=100 - i))
        for i, s in enumerate(scores)
    ]


def test_line_never_falls() -> None:
    """The line is the running best in the order the child runs ended, not in that of their numbers."""
    figure = best_so_far.build(_children(0.6, 0.9, None, 0.7), "AUC", 10, LIGHT)
    line, points = figure.data
    assert list(points.y) == [0.7, 0.9, 0.6]
    assert list(line.y) == [0.7, 0.9, 0.9]
    assert line.line.shape == "hv"


def test_empty_search_keeps_its_axes() -> None:
    """Before anything has ended the axes stand already, wide enough for what is planned."""
    figure = best_so_far.build([], "AUC", 24, DARK)
    assert tuple(figure.layout.xaxis.range) == (0.5, 24.5)
    assert not figure.layout.annotations


def test_undefined_scores_are_left_out() -> None:
    """A score that is no number neither breaks the axes nor becomes the best."""
    figure = best_so_far.build(_children(0.6, float("nan")), "AUC", None, LIGHT)
    assert list(figure.data[1].y) == [0.6]


def test_names_are_shown_as_they_are() -> None:
    """Markup in an algorithm's name reaches the hover escaped."""
    assert best_so_far.build(_children(0.6), "AUC", None, LIGHT).data[1].customdata[0][0] == "&lt;b&gt;x&lt;/b&gt;"
