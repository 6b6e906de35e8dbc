"""The run history's filters in the double: each says of a run what the live service is asked to say."""

from __future__ import annotations

import pytest

from tests.fakes.azure.odata import passes

RUN = {
    "status": "Completed",
    "parentRunId": None,
    "runId": "AutoML_1-2_3",
    "createdUtc": "2026-11-25T19:47:33.0107040+00:00",
    "tags": {"kept": "1"},
    "properties": {"azureml.runsource": "automl"},
    "runTypeV2": {"orchestrator": "AutoML", "traits": ["automl"]},
}


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ("", True),
        ("(Status eq Completed)", True),
        ("Status ne 'Completed'", False),
        ("(ParentRunId eq null)", True),
        ("(Tags/kept eq 1)", True),
        ("(Tags/kept ne null or Tags/kept eq null)", True),
        ("(Tags/gone ne null or Tags/gone eq null)", False),
        ("(RunType eq automl or Properties/azureml.runsource eq automl)", True),
        ("((Status eq Failed or Status eq Completed) and RunId eq AutoML_1-2_3)", True),
        ("RunId eq other or RunId eq AutoML_1-2_3 and Status eq Failed", False),
        ("(RunTypeV2/Orchestrator eq AutoML)", True),
        ("(RunTypeV2/Traits/automl ne null) or (RunTypeV2/Traits/automl eq null)", True),
        ("(CreatedUtc ge 2026-11-25 00:00:00)", True),
        ("(CreatedUtc gt 2026-11-26 00:00:00)", False),
    ],
)
def test_a_filter_says_what_it_means(condition: str, fits: bool) -> None:
    """Equality, absence, moments, and, or and brackets are read as the service reads them."""
    assert passes(RUN, condition) is fits


def test_what_is_no_filter_is_refused() -> None:
    """A filter that the double cannot read is an error, not a yes."""
    with pytest.raises(ValueError, match="cannot read"):
        passes(RUN, "contains(name, 'x')")
