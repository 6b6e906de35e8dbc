"""The exported journey, run as it is with the unmodified SDK."""

from __future__ import annotations

import contextlib
import io

import pytest

from hfcore.automl.settings import AutoMLSettings
from hfcore.records import DeploymentSpec
from hfcore.ui import sdk_script
from tests.fakes.azure.double import AzureDouble


@pytest.mark.timeout(300)
def test_the_exported_script_runs_as_it_is(azure: AzureDouble) -> None:
    """The whole journey as exported trains, registers, deploys, scores, and leaves nothing that bills."""
    azure.computes.polls = 0
    place = azure.place
    where = {
        "workspace": place.workspace,
        "resource_group": place.group,
        "subscription_id": place.subscription,
        "identity": f"service principal {place.client}",
    }
    settings = AutoMLSettings(
        label_column_name="DEATH_EVENT",
        excluded_columns=("time",),
        allowed_models=("LogisticRegression",),
        iterations=3,
        n_cross_validations=2,
        experiment_timeout_minutes=15,
    )
    steps = sdk_script.journey(where, "aml-experiment", settings, DeploymentSpec(name="hf-script"))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(sdk_script.as_script(steps), {})
    assert "result" in said.getvalue()
    assert azure.services.made == 1
    assert (azure.services.all, azure.computes.clusters) == ({}, {})
