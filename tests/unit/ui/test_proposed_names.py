"""The names that forms propose for a model and for its endpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hfcore.records import ENDPOINT_NAME, Endpoint
from hfcore.states import EndpointState
from hfcore.ui.deployment_form import free_name
from hfcore.ui.registration import model_name
from hfcore.workspace import DEFAULT_DATASET
from tests.fakes.workspace import now


@pytest.mark.parametrize(
    ("dataset", "name"),
    [(DEFAULT_DATASET, "heart-failure-risk"), ("Diabetes Aachen", "diabetes-aachen-risk"), ("Ä/(é", "heart-failure-risk")],
)
def test_a_model_is_named_after_its_table(dataset: str, name: str) -> None:
    """The lesson's name for the heart failure records, else the table's own letters and digits; nothing left is no name."""
    assert model_name(dataset) == name


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("heart-failure-risk", "automl-hf-sdk"),
        ("diabetes-aachen-risk", "diabetes-aachen-risk"),
        ("2nd_Trial.risk", "model-2nd-trial-risk"),
        ("x" * 90, "x" * 28),
    ],
)
def test_an_endpoint_is_named_after_its_model(model: str, name: str) -> None:
    """Every proposed name is one that an endpoint may have, also when the first is taken."""
    made = Endpoint(name, EndpointState.HEALTHY, model, 1, now())
    assert free_name([], model) == name
    assert ENDPOINT_NAME.fullmatch(name)
    assert free_name([made, replace(made, name=f"{name}-2")], model) == f"{name}-3"
    assert ENDPOINT_NAME.fullmatch(f"{name}-3")
