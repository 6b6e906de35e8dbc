"""Azure's words for a state, and ours: one table each."""

from __future__ import annotations

import logging

from hfcore.states import EndpointState, RunState

log = logging.getLogger("hfcore.azureml")

RUN_STATES: dict[str, tuple[RunState, str]] = {
    "NotStarted": (RunState.QUEUED, "Waiting to start"),
    "Unapproved": (RunState.QUEUED, "Waiting for approval"),
    "Queued": (RunState.QUEUED, "Waiting for a free node"),
    "Starting": (RunState.STARTING, "Starting"),
    "Provisioning": (RunState.STARTING, "Starting a node, which takes a few minutes"),
    "Preparing": (RunState.STARTING, "Preparing the environment, up to ten minutes the first time"),
    "Running": (RunState.RUNNING, "Trying pipelines"),
    "Finalizing": (RunState.RUNNING, "Writing the results"),
    "CancelRequested": (RunState.RUNNING, "Being cancelled"),
    "PauseRequested": (RunState.RUNNING, "Being paused"),
    "Paused": (RunState.RUNNING, "Paused"),
    "Completed": (RunState.COMPLETED, "Completed"),
    "Finished": (RunState.COMPLETED, "Completed"),
    "Failed": (RunState.FAILED, "Failed"),
    "Canceled": (RunState.CANCELED, "Cancelled"),
    "Bypassed": (RunState.CANCELED, "Passed over"),
    "NotResponding": (RunState.UNKNOWN, "Its node does not respond"),
}
ENDPOINT_STATES: dict[str, EndpointState] = {
    "Transitioning": EndpointState.TRANSITIONING,
    "Deleting": EndpointState.TRANSITIONING,
    "Healthy": EndpointState.HEALTHY,
    "Unhealthy": EndpointState.UNHEALTHY,
    "Failed": EndpointState.FAILED,
    "Unschedulable": EndpointState.FAILED,
}


def run_state(azure: str | None) -> tuple[RunState, str]:
    """Return a run's state and what it does in words; a status that is not in the table is UNKNOWN, and noted."""
    if azure in RUN_STATES:
        return RUN_STATES[azure]
    log.warning("run status not known: %r", azure)
    return RunState.UNKNOWN, f"Azure says {azure!r}"


def endpoint_state(azure: str | None) -> EndpointState:
    """Return an endpoint's state; one that is not in the table is UNHEALTHY, and noted."""
    if azure in ENDPOINT_STATES:
        return ENDPOINT_STATES[azure]
    log.warning("service state not known: %r", azure)
    return EndpointState.UNHEALTHY
