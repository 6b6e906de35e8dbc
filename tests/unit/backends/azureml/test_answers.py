"""Remembered answers: a page that is drawn again does not ask again, and never waits when it knows something."""

from __future__ import annotations

import threading

import pytest

from hfcore.backends.azureml.answers import Answers
from hfcore.backends.azureml.statuses import endpoint_state, run_state
from hfcore.errors import BackendUnavailable, HfError
from hfcore.states import EndpointState, RunState
from tests.polling import until

KEY = ("runs",)


class Source:
    """Something that is asked; it counts, may be held, and may fail."""

    def __init__(self) -> None:
        self.asked, self.error = 0, False
        self.free = threading.Event()
        self.free.set()

    def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        self.free.wait(10)
        if self.error:
            raise BackendUnavailable("It is down.")
        return number


def test_a_script_asks_every_time() -> None:
    """Without remembering, every question goes to Azure."""
    answers, source = Answers(), Source()
    assert [answers.get(KEY, "asking", source) for _ in range(3)] == [1, 2, 3]


def test_a_page_asks_once() -> None:
    """While an answer is fresh it is given again without asking."""
    answers, source = Answers(fresh_s=60), Source()
    assert [answers.get(KEY, "asking", source) for _ in range(100)] == [1] * 100
    assert source.asked == 1


def test_an_old_answer_is_given_while_azure_is_asked_behind_it() -> None:
    """An answer that is no longer fresh is shown at once, even when Azure is silent, and only one question is under way."""
    answers, source = Answers(fresh_s=1e-9), Source()
    assert answers.get(KEY, "asking", source) == 1
    source.free.clear()
    assert [answers.get(KEY, "asking", source) for _ in range(50)] == [1] * 50
    assert source.asked == 2
    source.free.set()
    assert until(lambda: answers.get(KEY, "asking", source) > 1)


def test_failing_behind_a_known_answer_is_told_beside_it() -> None:
    """When Azure fails after it had answered, the old answer is still given and the trouble can be shown."""
    answers, source = Answers(fresh_s=1e-9), Source()
    answers.get(KEY, "asking", source)
    source.error = True
    assert until(lambda: answers.get(KEY, "asking", source) == 1 and answers.last_error)
    source.error = False
    assert until(lambda: answers.get(KEY, "asking", source) > 1 and answers.last_error is None)


def test_a_first_question_that_fails_is_an_error_and_is_asked_again() -> None:
    """Without any answer the error is raised; the next question is a new attempt."""
    answers, source = Answers(fresh_s=1e-9), Source()
    source.error = True
    with pytest.raises(HfError, match="It is down"):
        answers.get(KEY, "asking", source)
    source.error = False
    assert until(lambda: answers.get(KEY, "asking", source))


def test_a_change_makes_the_next_look_a_new_one() -> None:
    """What was changed is asked anew; other answers stay."""
    answers, runs, models = Answers(fresh_s=60), Source(), Source()
    answers.get(KEY, "asking", runs)
    answers.get(("models",), "asking", models)
    answers.forget("runs")
    assert (answers.get(KEY, "asking", runs), answers.get(("models",), "asking", models)) == (2, 1)


def test_whoever_waits_can_give_up() -> None:
    """The waiting can be ended from outside while the question goes on, as a click elsewhere does."""

    class Elsewhere(Exception):
        pass

    def leave(doing: str, seconds: float) -> None:
        raise Elsewhere

    answers, source = Answers(fresh_s=60, while_waiting=leave), Source()
    source.free.clear()
    with pytest.raises(Elsewhere):
        answers.get(KEY, "asking", source)
    source.free.set()
    assert until(lambda: answers.last_answer)
    assert answers.get(KEY, "asking", source) == 1
    assert source.asked == 1


def test_a_status_that_nobody_knows_is_unknown_and_noted(caplog: pytest.LogCaptureFixture) -> None:
    """Azure's words are translated by one table; a new word becomes UNKNOWN and stands in the log."""
    assert run_state("CancelRequested") == (RunState.RUNNING, "Being cancelled")
    assert run_state("Rebooting")[0] is RunState.UNKNOWN
    assert endpoint_state("Healthy") is EndpointState.HEALTHY
    assert endpoint_state("Levitating") is EndpointState.UNHEALTHY
    assert "Rebooting" in caplog.text
    assert "Levitating" in caplog.text
