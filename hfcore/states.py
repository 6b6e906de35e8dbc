"""The states a run, an endpoint and a deployment can be in, and the moves between them that are allowed."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """State of a run or of one of its child runs."""

    QUEUED = "QUEUED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    TIMED_OUT = "TIMED_OUT"
    CRASHED = "CRASHED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_finished(self) -> bool:
        """True when nothing will change any more."""
        return self in FINISHED_RUN_STATES

    @property
    def is_active(self) -> bool:
        """True while the run waits, starts or works."""
        return self in ACTIVE_RUN_STATES


class EndpointState(StrEnum):
    """State of an endpoint, in Azure ML's words."""

    TRANSITIONING = "TRANSITIONING"
    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"
    FAILED = "FAILED"

    @property
    def is_settled(self) -> bool:
        """True when a deployment is over, well or badly."""
        return self is not EndpointState.TRANSITIONING


class DeploymentState(StrEnum):
    """How one deployment of an endpoint stands: a version that was put, or was to be put, into service."""

    UNDERWAY = "UNDERWAY"
    IN_SERVICE = "IN_SERVICE"
    REPLACED = "REPLACED"
    REFUSED = "REFUSED"
    ROLLED_BACK = "ROLLED_BACK"


ACTIVE_RUN_STATES = frozenset({RunState.QUEUED, RunState.STARTING, RunState.RUNNING})
FINISHED_RUN_STATES = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CANCELED, RunState.TIMED_OUT, RunState.CRASHED})

_STOPPED = frozenset({RunState.FAILED, RunState.CANCELED, RunState.CRASHED})
RUN_MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: _STOPPED | {RunState.STARTING},
    RunState.STARTING: _STOPPED | {RunState.RUNNING, RunState.TIMED_OUT},
    RunState.RUNNING: _STOPPED | {RunState.COMPLETED, RunState.TIMED_OUT},
}


def can_move(old: RunState, new: RunState) -> bool:
    """Tell whether a run in state `old` may become `new`."""
    return new in RUN_MOVES.get(old, frozenset())


def states_before(new: RunState) -> frozenset[RunState]:
    """Return every state from which `new` may be reached in one move."""
    return frozenset(old for old in RUN_MOVES if can_move(old, new))
