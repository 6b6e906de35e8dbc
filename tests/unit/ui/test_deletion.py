"""Deleting in the order in which things hold each other."""

from __future__ import annotations

from hfcore.errors import StillRunning
from hfcore.records import DeploymentSpec, Resource
from hfcore.states import RunState
from hfcore.ui import deletion
from tests.fakes.workspace import MemoryWorkspace

HELD = "The endpoint automl-hf-sdk serves it; delete the endpoint first."


class HoldingWorkspace(MemoryWorkspace):
    """A workspace whose model cannot go before its endpoint, nor a run before it is cancelled."""

    def delete(self, kind: str, resource_id: str) -> None:
        """Refuse what is held, as a real backend does."""
        if kind == "model" and self.endpoint_list:
            raise StillRunning(HELD)
        if kind == "run" and self.run(resource_id).state.is_active:
            raise StillRunning("It is at work.")
        super().delete(kind, resource_id)


def _workspace() -> HoldingWorkspace:
    ws = HoldingWorkspace()
    ws.add_run(RunState.RUNNING, children=2)
    ws.deploy(ws.register_model(ws.add_run(RunState.COMPLETED, children=8).id), DeploymentSpec(name="automl-hf-sdk"))
    ws.blocked = {"heart-failure-records": "It comes with the program."}
    return ws


def test_everything_goes_in_one_pass() -> None:
    """Endpoint before model, a run at work is cancelled first, and only what the program ships stays, with its reason."""
    ws = _workspace()
    outcome = deletion.delete(ws, ws.resources())
    assert deletion.by_kind(outcome.gone) == "1 endpoint, 1 model and 2 runs"
    assert [(r.kind, why) for r, why in outcome.kept] == [("dataset", "It comes with the program.")]
    assert (ws.runs(), ws.models(), ws.endpoints()) == ((), (), ())


def test_one_failure_does_not_stop_the_rest() -> None:
    """What cannot go is told by name with the reason; the others are gone, and the freed bytes are theirs alone."""
    ws = _workspace()
    chosen = [r for r in ws.resources() if r.kind in ("model", "run")]
    told = deletion.told(deletion.delete(ws, chosen))
    assert told.startswith("Deleted 2 runs; 180.0 kB are free again.")
    assert r"**heart\-failure\-risk\:1** (model) is still there:" in told


def test_what_somebody_else_deleted_is_gone() -> None:
    """A thing that vanished meanwhile counts as deleted, not as an error."""
    ws = MemoryWorkspace()
    ghost = Resource("run", "run-1", "x", "COMPLETED", None, 10)
    assert deletion.delete(ws, [ghost]).gone == (ghost,)


def test_held_only_while_the_holder_stays() -> None:
    """A model is held by the endpoint that its reason names, and by no other; a run at work is not held but cancelled."""
    model = Resource("model", "m1", "risk:1", "Registered", None, 10, blocked_by=HELD)
    holder = Resource("endpoint", "automl-hf-sdk", "automl-hf-sdk", "HEALTHY", None, 10)
    other = Resource("endpoint", "another", "another", "HEALTHY", None, 10)
    busy = Resource("run", "r1", "x", "RUNNING", None, 10, blocked_by="It is still at work; cancel it first.")
    assert deletion.is_held(model, [model])
    assert deletion.is_held(model, [model, other])
    assert not deletion.is_held(model, [model, holder])
    assert not deletion.is_held(busy, [busy])
