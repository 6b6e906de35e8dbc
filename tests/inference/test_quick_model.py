"""The server's model: whatever it does to be quicker, it answers what the entry script answers, or leaves it to it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import score
from inference.quick_model import QuickModel
from tests.fakes.small_model import FEATURES, TYPED_SAMPLE, records, write_model

FEW = [TYPED_SAMPLE | {"age": 41.5}, TYPED_SAMPLE | {"anaemia": 1, "sex": 0.0}, TYPED_SAMPLE]


@pytest.fixture(scope="module", params=[(0, 1), (False, True), ("survived", "died")], ids=str)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with numbers, truth values or words as labels."""
    return write_model(tmp_path_factory.mktemp("quick"), labels=request.param)


@pytest.fixture
def quick(folder: Path, monkeypatch: pytest.MonkeyPatch) -> QuickModel:
    """The server's model, which the entry script has opened too."""
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder))
    monkeypatch.setattr(score, "_model", None)
    score.init(QuickModel)
    opened = score.current_model()
    assert isinstance(opened, QuickModel)
    return opened


@pytest.mark.parametrize("method", [{}, {"method": "predict"}, {"method": "predict_proba"}], ids=str)
def test_one_row_is_answered_as_the_entry_script_answers_it(quick: QuickModel, method: dict[str, str]) -> None:
    """Each of the 299 rows, and some in other types, gets the very text, and the very values go to the account."""
    for row in [*records(), *FEW]:
        request = {"data": [row]} | method
        found, expected = quick.answer_one(request), score.answer(request)
        assert found is not None
        assert found.body == expected.body
        assert expected.inputs is not None
        assert np.array_equal(np.array([found.inputs], dtype=np.float64), expected.inputs)


def test_at_the_threshold_the_positive_label_is_called(quick: QuickModel) -> None:
    """A probability of exactly the threshold is called positive, one a little below is not; as the entry script has it."""
    row = records()[0]
    told = quick.answer_one({"data": [row], "method": "predict_proba"})
    assert told is not None
    share = json.loads(told.body)["result"][0][1]
    for threshold in (share, np.nextafter(share, 1.0)):
        quick.manifest["threshold"] = float(threshold)
        found = quick.answer_one({"data": [row]})
        assert found is not None
        assert found.body == score.answer({"data": [row]}).body


@pytest.mark.parametrize(
    "request_",
    [
        {"data": [TYPED_SAMPLE] * 2},
        {"data": []},
        {"data": [list(TYPED_SAMPLE.values())]},
        {"data": [TYPED_SAMPLE | {"age": "60"}]},
        {"data": [TYPED_SAMPLE | {"age": None}]},
        {"data": [TYPED_SAMPLE | {"age": True}]},
        {"data": [TYPED_SAMPLE | {"age": 1e39}]},
        {"data": [TYPED_SAMPLE | {"platelets": 10**400}]},
        {"data": [TYPED_SAMPLE | {"ejection_fraction": 38.5, "age": -1}]},
        {"data": [TYPED_SAMPLE | {"more": 1}]},
        {"data": [{k: v for k, v in TYPED_SAMPLE.items() if k != "sex"}]},
        {"data": [{k: v for k, v in TYPED_SAMPLE.items() if k != "sex"} | {"gender": 1}]},
        {"data": TYPED_SAMPLE},
        {"data": [TYPED_SAMPLE], "method": "explain"},
        {"data": [TYPED_SAMPLE], "method": ["predict"]},
        {"data": [TYPED_SAMPLE], "GlobalParameters": 1.0},
        {"Inputs": {"data": [TYPED_SAMPLE]}},
        {"Inputs": {"data": [TYPED_SAMPLE]}, "data": [TYPED_SAMPLE]},
        {},
        b"{}",
    ],
    ids=lambda request: str(request)[:40],
)
def test_anything_else_is_left_to_the_entry_script(quick: QuickModel, request_: Any) -> None:
    """Other versions, several rows, none, lists, texts, and whatever may have to be refused."""
    assert quick.answer_one(request_) is None


def test_a_model_in_single_precision_is_left_to_the_entry_script(tmp_path: Path) -> None:
    """Its answer does not fit the memory that is kept for one."""
    assert QuickModel(write_model(tmp_path, single=True)).answer_one({"data": [TYPED_SAMPLE]}) is None


def test_what_is_no_probability_is_left_to_the_entry_script(quick: QuickModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares below 0, above 1, beside a sum of 1, or no numbers at all are not told."""
    for shares in ((-1e-9, 1.0), (0.0, 1.0 + 1e-9), (0.4, 0.5), (np.nan, np.nan)):
        monkeypatch.setattr(quick, "_read", lambda _, told=shares: told)
        assert quick.answer_one({"data": [TYPED_SAMPLE]}) is None


def test_threads_do_not_mix_their_rows(quick: QuickModel) -> None:
    """Four threads that score single rows at once each get their own row's answer."""
    requests = [{"data": [row], "method": "predict_proba"} for row in records()]
    expected = [score.answer(request).body for request in requests]
    start = threading.Barrier(4)

    def ask(part: int) -> bool:
        start.wait()
        mine = range(part, len(requests), 4)
        return all((found := quick.answer_one(requests[i])) is not None and found.body == expected[i] for i in mine)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(4)))


def test_of_several_classes_the_likeliest_is_called(quick: QuickModel) -> None:
    """Without a positive label there is no threshold."""
    quick.labels = [0, 1, 2]
    assert quick.classes(np.array([(0.2, 0.5, 0.3), (0.4, 0.4, 0.2), (0.1, 0.2, 0.7)])) == [1, 0, 2]


def test_the_features_are_in_the_models_order(quick: QuickModel) -> None:
    """A record whose keys come in another order is the same patient."""
    turned = dict(reversed(TYPED_SAMPLE.items()))
    found = [quick.answer_one({"data": [row]}) for row in (TYPED_SAMPLE, turned)]
    assert found[0] == found[1]
    assert found[0] is not None
    assert found[0].inputs is not None
    assert len(found[0].inputs) == len(FEATURES)
