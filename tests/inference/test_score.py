"""The entry script answers every row of the scoring contract, and names what it refuses without repeating it."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import score
from tests.fakes.small_model import FEATURES, LESSON_SAMPLE, TYPED_SAMPLE, onnx_bytes, predict, records, write_model

Opened = Callable[[Path], score.Model]
CANARY = "Zebra-4711"


@pytest.fixture
def model(opened: Opened, integer_model: Path) -> Iterator[score.Model]:
    """The integer model, open."""
    return opened(integer_model)


def v1(rows: object, **more: object) -> str:
    return json.dumps({"data": rows, **more})


def v2(rows: object, method: str = "predict") -> str:
    return json.dumps({"Inputs": {"data": rows}, "GlobalParameters": {"method": method}})


def refused(rows: object) -> score.InvalidRows:
    with pytest.raises(score.InvalidRows) as caught:
        score.run(v1(rows))
    return caught.value


def test_the_lesson_sample_is_answered_as_the_lesson_expects(opened: Opened, boolean_model: Path) -> None:
    """The lesson's sample, strings and all, gives the JSON string '{"result": [false]}'."""
    opened(boolean_model)
    assert score.run(json.dumps({"data": [LESSON_SAMPLE]})) == '{"result": [false]}'


def test_strings_mean_what_they_say(model: score.Model) -> None:
    """ "false" is false and "60" is 60: the lesson's strings score exactly like typed values."""
    spelt, typed = (json.loads(score.run(v1([row], method="predict_proba"))) for row in (LESSON_SAMPLE, TYPED_SAMPLE))
    assert spelt == typed
    assert typed["result"][0][1] < 0.5


@pytest.mark.parametrize(("folder", "expected"), [("integer_model", "[0]"), ("boolean_model", "[false]")])
def test_the_answer_has_the_type_of_the_label(opened: Opened, request: pytest.FixtureRequest, folder: str, expected: str) -> None:
    """An integer label gives 0 or 1, a Boolean one false or true, in both versions."""
    opened(request.getfixturevalue(folder))
    assert score.run(v1([TYPED_SAMPLE])) == f'{{"result": {expected}}}'
    assert score.run(v2([TYPED_SAMPLE])) == {"Results": json.loads(expected)}


def test_probabilities_come_in_class_order(model: score.Model) -> None:
    """predict_proba gives P(survived), P(died) per row, in version 1 as a string and in version 2 as a dict."""
    first = json.loads(score.run(v1(records()[:5], method="predict_proba")))["result"]
    second = score.run(v2(records()[:5], "predict_proba"))
    assert second == {"Results": first}
    assert np.allclose(np.sum(first, axis=1), 1, atol=1e-6)
    assert first[0][1] > 0.5  # the first patient of the records died after four days


def test_an_unknown_method_is_answered_as_azure_does(model: score.Model) -> None:
    """Version 1 answers with Azure's error string, version 2 refuses and names the field."""
    expected = '{"error": "Invalid predict method argument received (foo)"}'
    assert score.run(v1([TYPED_SAMPLE], method="foo")) == expected
    with pytest.raises(score.InvalidRows) as caught:
        score.run(v2([TYPED_SAMPLE], "foo"))
    assert [f.field for f in caught.value.fields] == ["method"]


def test_a_strange_method_is_not_repeated(model: score.Model) -> None:
    """A method that is no plain word is refused without repeating it."""
    assert score.run(v1([TYPED_SAMPLE], method=f"{CANARY} <b>")) == '{"error": "Invalid predict method argument received"}'


@pytest.mark.parametrize("kind", ["str", "bytes", "dict", "records", "lists"])
def test_every_form_of_request_gives_the_same_probabilities(model: score.Model, kind: str) -> None:
    """Text, bytes, a parsed request, bare records and bare lists agree with ONNX Runtime on all 299 patients to 1e-6."""
    rows, method = records(), "predict_proba"
    forms: dict[str, tuple[Any, ...]] = {
        "str": (v1(rows, method=method),),
        "bytes": (v2(rows, method).encode(),),
        "dict": ({"data": rows, "method": method},),
        "records": (rows, method),
        "lists": ([list(r.values()) for r in rows], method),
    }
    found = score.run(*forms[kind])
    values = found["Results"] if isinstance(found, dict) else json.loads(found)["result"]
    expected = predict(onnx_bytes(), np.array([list(r.values()) for r in rows]))
    assert np.max(np.abs(np.array(values) - expected)) <= 1e-6


def test_the_order_of_columns_does_not_matter(model: score.Model) -> None:
    """Records are read by name, so re-ordered columns score the same."""
    turned = dict(reversed(list(TYPED_SAMPLE.items())))
    assert score.run(v1([turned], method="predict_proba")) == score.run(v1([TYPED_SAMPLE], method="predict_proba"))


def test_global_parameters_may_be_left_out_or_be_a_number(model: score.Model) -> None:
    """Version 2 without GlobalParameters, or with the number older clients send, predicts classes."""
    bare = {"Inputs": {"data": [TYPED_SAMPLE]}}
    assert score.run(json.dumps(bare)) == score.run(json.dumps(bare | {"GlobalParameters": 1.0})) == {"Results": [0]}


def test_no_rows_give_no_results(model: score.Model) -> None:
    """An empty list of rows is answered with an empty list."""
    assert score.run(v1([])) == '{"result": []}'


def test_every_bad_field_of_every_row_is_named_at_once(model: score.Model) -> None:
    """All bad fields of all rows are listed with row, field and what is expected."""
    first = TYPED_SAMPLE | {"age": "old", "sex": "maybe"}
    second = {k: v for k, v in TYPED_SAMPLE.items() if k != "platelets"} | {"colour": 1}
    error = refused([first, TYPED_SAMPLE, second])
    found = {(f.row, f.field, f.problem) for f in error.fields}
    assert found == {
        (1, "age", "cannot be read"),
        (1, "sex", "cannot be read"),
        (3, "platelets", "is missing"),
        (3, "colour", "is not an input of this model"),
    }
    assert "Row 1: age cannot be read; expected a number from 18 to 122 years." in str(error)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("age", 300, "is out of range; expected a number from 18 to 122 years"),
        ("ejection_fraction", 150, "is out of range; expected a number from 5 to 90 %"),
        ("time", 38.5, "is not whole; expected a whole number from 0 to 3650 days"),
        ("serum_creatinine", math.nan, "cannot be read; expected a number from 0.1 to 40 mg/dL"),
        ("serum_creatinine", math.inf, "is out of range"),
        ("serum_creatinine", 10**400, "is out of range"),
        ("serum_creatinine", "1_0", "cannot be read"),
        ("serum_creatinine", "nan", "cannot be read"),
        ("serum_creatinine", "\u0661", "cannot be read"),
        ("serum_creatinine", True, "cannot be read"),
        ("serum_creatinine", None, "cannot be read"),
        ("serum_creatinine", [1], "cannot be read"),
        ("anaemia", 2, "cannot be read; expected true or false"),
        ("anaemia", {"no": 1}, "cannot be read"),
    ],
)
def test_impossible_values_are_refused_with_field_range_and_unit(
    model: score.Model, field: str, value: object, words: str
) -> None:
    """A value that no living patient has, or that is no number at all, is refused naming field, range and unit."""
    error = refused([TYPED_SAMPLE | {field: value}])
    assert [f.field for f in error.fields] == [field]
    assert f"Row 1: {field} {words}" in str(error)


@pytest.mark.parametrize("value", [True, False, 1, 0, 1.0, "true", "False", " 0 ", "1"])
def test_yes_and_no_may_be_spelt_in_any_usual_way(model: score.Model, value: object) -> None:
    """A yes/no field takes true, false, 1, 0 and their spellings."""
    plain = str(value).strip().lower() in ("true", "1", "1.0")
    sent, meant = (TYPED_SAMPLE | {"anaemia": v} for v in (value, plain))
    assert score.run(v1([sent], method="predict_proba")) == score.run(v1([meant], method="predict_proba"))


@pytest.mark.parametrize("row", [[1, 2, 3], "text", 7, None, [0.0] * (len(FEATURES) + 1)])
def test_a_row_of_another_shape_is_refused(model: score.Model, row: object) -> None:
    """A row that is no record and no list of the right length is refused by its number."""
    assert [(f.row, f.field) for f in refused([TYPED_SAMPLE, row]).fields] == [(2, "row")]


@pytest.mark.parametrize("body", ["", "no json", "[]", "[" * 100_000, "7", '{"rows": []}', '{"data": 1}', '{"Inputs": []}'])
def test_a_body_of_another_form_is_refused(model: score.Model, body: str) -> None:
    """What is empty, not JSON, a bare list, or without rows is a refused request and no crash."""
    with pytest.raises(score.RequestRefused) as caught:
        score.run(body)
    assert caught.value.status == 400


def test_too_many_rows_are_refused(model: score.Model) -> None:
    """A request holds at most 10,000 rows."""
    with pytest.raises(score.TooManyRows):
        score.run(v1([list(TYPED_SAMPLE.values())] * 10_001))


def test_no_refusal_repeats_a_value(model: score.Model) -> None:
    """Neither the sentence nor the list of fields holds anything the caller sent as a value."""
    rows = [{**TYPED_SAMPLE, "age": CANARY, "sex": CANARY, f"{CANARY} name": CANARY}, CANARY, [CANARY] * 12]
    error = refused(rows)
    assert error.total == 16
    assert CANARY not in str(error) + repr(error.fields)


def test_a_long_list_of_bad_fields_is_cut_and_counted(model: score.Model) -> None:
    """At most 1,000 bad fields are listed; the total is always told."""
    error = refused([[None] * 12] * 200)
    assert (len(error.fields), error.total) == (1_000, 2_400)
    assert str(error).endswith("And 2390 more.")


def test_the_model_is_found_one_level_down(opened: Opened, tmp_path: Path) -> None:
    """The folder may lie one level below AZUREML_MODEL_DIR, as Azure mounts it."""
    write_model(tmp_path / "3" / "model")
    assert opened(tmp_path / "3").version == "heart-failure-risk:3"


def test_a_changed_model_is_refused_before_it_is_opened(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One flipped bit in model.onnx is noticed by its SHA-256, and ONNX Runtime never sees the bytes."""
    folder = write_model(tmp_path / "m")
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx").write_bytes(data)
    seen: list[object] = []
    monkeypatch.setattr(score.onnxruntime, "InferenceSession", lambda *a, **k: seen.append(a))
    with pytest.raises(score.ModelRefused, match="SHA-256"):
        opened(folder)
    assert seen == []


def test_a_changed_manifest_is_refused(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the manifest's own SHA-256 is known, a changed manifest is refused."""
    folder = write_model(tmp_path / "m")
    monkeypatch.setenv("HF_MANIFEST_SHA256", "0" * 64)
    with pytest.raises(score.ModelRefused, match=r"model\.json"):
        opened(folder)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"golden": {"rows": [[0.0] * 12], "probabilities": [[0.123, 0.877]]}}, "golden check"),
        ({"golden": {"rows": [], "probabilities": []}}, "golden check"),
        ({"format": 2}, "format 2"),
        ({"features": [{"name": "age", "kind": "category"}]}, "kind"),
    ],
)
def test_a_model_that_does_not_fit_its_manifest_is_refused(
    opened: Opened, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    """Other predictions than the recorded ones, none at all, or an unknown manifest stop the service before it serves."""
    with pytest.raises(score.ModelRefused, match=words):
        opened(write_model(tmp_path / "m", changes=changes))
    with pytest.raises(score.ModelRefused):
        score.run(v1([TYPED_SAMPLE]))


def test_what_is_no_model_is_refused(opened: Opened, tmp_path: Path) -> None:
    """A missing folder, a folder without a manifest and bytes that are no ONNX are refused with a plain sentence."""
    with pytest.raises(score.ModelRefused, match="does not exist"):
        opened(tmp_path / "nowhere")
    with pytest.raises(score.ModelRefused, match=r"no model\.json"):
        opened(tmp_path)
    folder = write_model(tmp_path / "m", changes={"sha256": hashlib.sha256(b"junk").hexdigest()})
    (folder / "model.onnx").write_bytes(b"junk")
    with pytest.raises(score.ModelRefused, match="cannot open"):
        opened(folder)


def test_the_entry_script_stands_alone(integer_model: Path, tmp_path: Path) -> None:
    """score.py alone, away from this project, needs numpy and onnxruntime only: no pandas, no hfcore."""
    (tmp_path / "score.py").write_bytes(Path(score.__file__).read_bytes())
    code = (
        "import json, sys, score; score.init(); print(score.run(json.dumps({'data': [json.loads(sys.argv[1])]})));"
        "print([m for m in ('pandas', 'hfcore', 'inference', 'sklearn') if m in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, json.dumps(LESSON_SAMPLE)],
        env={"AZUREML_MODEL_DIR": str(integer_model), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == '{"result": [0]}\n[]\n'


def test_text_is_read_as_its_place_and_never_repeated() -> None:
    """Known text gives its place, null only where it may be missing, numbers what they spell; the rest is refused by name."""
    entries = [
        {"name": "ward", "kind": "category", "levels": ["1", "general", "True", None]},
        {"name": "sex", "kind": "category", "levels": ["f", "m"]},
    ]
    reader = score.RowReader([score.Feature.from_manifest(e) for e in entries])
    rows = [["general", "m"], [1, "f"], [True, "f"], [None, "m"], ["", "m"]]
    assert reader.matrix(rows).tolist() == [[1, 1], [0, 0], [2, 0], [-1, 1], [-1, 1]]
    with pytest.raises(score.InvalidRows) as caught:
        reader.matrix([["secret", "f"], ["1", None], ["1", 0], ["1", ["f"]]])
    assert [(f.row, f.field, f.expected) for f in caught.value.fields] == [
        (1, "ward", "one of 1, general, True, null"),
        (2, "sex", "one of f, m"),
        (3, "sex", "one of f, m"),
        (4, "sex", "one of f, m"),
    ]
    assert "secret" not in str(caught.value)
    with pytest.raises(score.ModelRefused):
        score.Feature.from_manifest({"name": "ward", "kind": "category", "levels": []})
