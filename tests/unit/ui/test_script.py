"""The code that does what was clicked."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from hfcore.automl.settings import AutoMLSettings
from hfcore.ui import script


def test_says_the_lesson_and_what_differs() -> None:
    """The lesson's settings are always written, other defaults never, and what was changed is."""
    settings = AutoMLSettings(label_column_name="DEATH_EVENT", excluded_columns=("time",), n_cross_validations=5)
    text = script.training("local", "aml-experiment", settings, "heart-failure-records")
    call = next(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and "AutoMLSettings" in ast.unparse(n.func))
    assert [k.arg for k in call.keywords] == [
        "label_column_name",
        "primary_metric",
        "experiment_timeout_minutes",
        "max_concurrent_iterations",
        "n_cross_validations",
        "excluded_columns",
    ]
    assert "dataset=" not in text


def test_hostile_names_stay_names() -> None:
    """Quotes and line breaks in a name cannot become code."""
    name = "x'); import os; ('"
    text = script.training("local", name, AutoMLSettings(label_column_name="y\n"), 'a"b')
    constants = {n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)}
    assert {name, "y\n", 'a"b'} <= constants
    assert not [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import) and n.names[0].name != "hfcore"]


def test_names_the_home_that_is_in_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home chosen by HF_HOME is written into the script, so that it works on the same workspace; the default is not."""
    settings = AutoMLSettings(label_column_name="y")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert f"home={str(tmp_path)!r}" in script.training("local", "abc", settings, "d")
    monkeypatch.delenv("HF_HOME")
    assert "hfcore.connect('local')" in script.training("local", "abc", settings, "d")
