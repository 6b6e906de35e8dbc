"""Another version takes over at the same address: nobody who calls notices, and a broken one never gets a request."""

from __future__ import annotations

import time
from dataclasses import replace
from threading import Barrier, Thread

import psutil
import pytest

from hfcore.backends.local import deployments, endpoint_rows
from hfcore.backends.local.endpoint_rows import endpoint_folder
from hfcore.backends.local.endpoints import Endpoints
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.registry import Models
from hfcore.backends.local.server_process import find_servers
from hfcore.backends.local.store import Store
from hfcore.errors import (
    DeploymentFailed,
    EndpointNotFound,
    HfError,
    InvalidSettings,
    NameTaken,
    NoEarlierVersion,
    StillRunning,
)
from hfcore.records import Endpoint
from hfcore.scoring.client import ScoringClient
from hfcore.states import DeploymentState, EndpointState
from tests import processes
from tests.fakes import struck_supervisor
from tests.fakes.broken_models import BROKEN, fails_for_the_old
from tests.fakes.caller import callers
from tests.fakes.small_model import FEATURES, TYPED_SAMPLE
from tests.faultcheck import assert_store_sound
from tests.polling import until
from tests.unit.backends.local.endpoints_in_store import SPEC, kill, row_of, scores, serving
from tests.unit.backends.local.models_in_store import add_model

V1, V2, V3 = (f"heart-failure-risk:{number}" for number in (1, 2, 3))
PERMUTED = [*FEATURES[1:], FEATURES[0]]
OLD = TYPED_SAMPLE | {"age": 110}


def states(endpoint: Endpoint) -> list[tuple[int, str, str]]:
    """Return number, version and state of every deployment, newest first."""
    return [(d.number, d.label, d.state.value) for d in endpoint.deployments]


def wanted_processes(store: Store) -> set[int]:
    """Return the supervisor, and with their workers the server of the active version and that of the warm one, if it has one."""
    row = row_of(store)
    servers = {s.number: s.process.pid for s in find_servers(endpoint_folder(store.home, row.id))}
    assert servers[row.active] == row.server_pid
    assert set(servers) <= {row.active, row.previous}
    return {row.supervisor_pid, *servers.values()} | {w.pid for pid in servers.values() for w in psutil.Process(pid).children()}


@pytest.mark.fault
def test_callers_notice_neither_an_update_nor_the_way_back(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Under 2 x 20 requests a second an update and a rollback lose none; address and keys stay; the history tells both."""
    keys = place.keys("risk")
    with callers(deployed) as both:
        until(lambda: all(len(c.answers) > 5 for c in both), seconds=60)
        updated = place.deploy(add_model(store, 2), replace(SPEC, description="second"))
        until(lambda: all(c.versions == [V1, V2] for c in both), seconds=60)
        asked = time.monotonic()
        back = place.rollback("risk")
        until(lambda: all(c.versions == [V1, V2, V1] for c in both), seconds=60)
        took = next(t for t, _, version in reversed(both[0].answers) if version == V2) - asked
    assert [c.refused for c in both] == [[], []]
    assert took < 2
    assert (updated.state, updated.label, updated.rollback_to, updated.description) == (EndpointState.HEALTHY, V2, V1, "second")
    assert {e.scoring_uri for e in (deployed, updated, back)} == {deployed.scoring_uri}
    assert place.keys("risk") == keys
    assert (back.label, back.rollback_to, back.message, back.description) == (V1, None, None, "for tests")
    assert states(back) == [(2, V2, "ROLLED_BACK"), (1, V1, "IN_SERVICE")]
    assert str(back.deployments[0].message).startswith("Rolled back by ")
    assert all(d.by and d.changed_at >= d.created_at for d in back.deployments)


@pytest.mark.fault
@pytest.mark.timeout(400)
def test_a_broken_version_never_gets_a_request(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Load raises, hangs, NaN, p above 1, permuted columns, other bytes: each is refused with its reason, nobody notices."""
    versions = {kind: add_model(store, number, onnx=make()) for number, (kind, make) in enumerate(BROKEN.items(), 2)}
    features = [{"name": name, "kind": "number"} for name in PERMUTED]
    versions["permuted columns"] = add_model(store, 12, changes={"features": features})
    versions["other predictions"] = add_model(
        store, 13, changes={"golden": {"rows": [[50.0] * 12], "probabilities": [[0.4, 0.6]]}}
    )
    versions["hash mismatch"] = add_model(store, 14)
    file = store.home / "models" / "model-14" / "model.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    said = {
        "load raises": "onnxruntime cannot open model.onnx",
        "hangs": "did not become ready within 30 s",
        "NaN": "not one probability per class and row",
        "p outside [0, 1]": "not one probability per class and row",
        "permuted columns": "in another order than it was registered with",
        "other predictions": "golden check failed",
        "hash mismatch": "model.onnx is not what was written",
    }
    with callers(deployed) as both:
        for kind, model in versions.items():
            with pytest.raises(DeploymentFailed, match=said[kind]):
                place.deploy(model, SPEC)
            (endpoint,) = place.list()
            assert (endpoint.state, endpoint.label, endpoint.phase) == (EndpointState.HEALTHY, V1, "In service"), kind
            assert str(endpoint.message).startswith(f"{model.label} was refused. ")
            assert str(endpoint.message).endswith(f" {V1} goes on.")
            assert endpoint.deployments[0].state is DeploymentState.REFUSED
            assert said[kind] in str(endpoint.deployments[0].message)
    assert [(c.refused, c.versions) for c in both] == [([], [V1]), ([], [V1])]
    assert [s.number for s in find_servers(endpoint_folder(store.home, row_of(store).id))] == [1]


@pytest.mark.fault
def test_a_version_that_fails_its_callers_goes_by_itself(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """After 5 server errors in 20 requests the earlier version is back by itself; a caller's own mistakes do not count."""
    place.deploy(add_model(store, 2, onnx=fails_for_the_old()), SPEC)
    client = ScoringClient(deployed)
    for _ in range(20):
        with pytest.raises(HfError):
            client.predict([{"age": "x"}])
    assert serving(deployed) == V2

    def ask() -> bool:
        try:
            client.predict([OLD])
        except HfError:
            return place.list()[0].label == V1
        return True

    until(ask, seconds=60)
    (endpoint,) = place.list()
    assert (endpoint.state, endpoint.label, endpoint.rollback_to) == (EndpointState.HEALTHY, V1, None)
    assert "of its last" in str(endpoint.message)
    assert str(endpoint.message).endswith(f"{V1} serves again.")
    assert states(endpoint) == [(2, V2, "ROLLED_BACK"), (1, V1, "IN_SERVICE")]
    assert serving(deployed) == V1


@pytest.mark.fault
def test_a_version_whose_server_cannot_be_started_again_goes_by_itself(
    deployed: Endpoint, place: Endpoints, store: Store
) -> None:
    """When the new version's file is gone at a restart, the earlier version serves again at the same address."""
    place.deploy(add_model(store, 2), SPEC)
    row = row_of(store)
    (store.home / row.model_dir / "model.onnx").unlink()
    kill(row.server_pid)
    until(lambda: row_of(store).active == 1 and row_of(store).state == "HEALTHY", seconds=60)
    assert serving(deployed) == V1
    assert "model.onnx cannot be read" in str(place.list()[0].message)


def test_only_what_callers_can_go_on_with_takes_over(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Other columns, another order of them, and another rule about keys are refused before anything starts."""
    fewer = add_model(store, 2, features=list(FEATURES[:-1]))
    other = add_model(store, 3, features=PERMUTED)
    for model, words in ((fewer, "other columns"), (other, "in another order")):
        with pytest.raises(InvalidSettings, match=words) as caught:
            place.deploy(model, SPEC)
        assert set(caught.value.fields) == {"model"}
    with pytest.raises(InvalidSettings, match="asks for a key"):
        place.deploy(add_model(store, 4), replace(SPEC, auth=False))
    assert states(place.list()[0]) == [(1, V1, "IN_SERVICE")]


def test_one_change_at_a_time(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Of several who update at once one gets its way, the others are told; so is who goes back where nothing was before."""
    with pytest.raises(NoEarlierVersion, match="'risk'"):
        place.rollback("risk")
    with pytest.raises(EndpointNotFound):
        place.rollback("other")
    model, gate, outcomes = add_model(store, 2), Barrier(4), []

    def race() -> None:
        gate.wait()
        try:
            outcomes.append(place.deploy(model, SPEC, wait=False).name)
        except (StillRunning, NameTaken) as error:
            outcomes.append(type(error).__name__)

    threads = [Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["StillRunning"] * 3 + ["risk"]
    with pytest.raises(StillRunning):
        place.rollback("risk")
    until(lambda: place.list()[0].label == V2, seconds=60)
    assert states(place.list()[0]) == [(2, V2, "IN_SERVICE"), (1, V1, "REPLACED")]
    with pytest.raises(NameTaken, match="has heart-failure-risk:2"):
        place.deploy(model, SPEC)


def test_models_in_use_stay(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """The version in service and the one to go back to cannot be deleted; one that is neither can."""
    place.deploy(add_model(store, 2), SPEC)
    models = Models(store, store.home)
    with pytest.raises(StillRunning, match="'risk' may go back to heart-failure-risk:1"):
        models.delete("model-1")
    with pytest.raises(StillRunning, match="'risk' serves heart-failure-risk:2"):
        models.delete("model-2")
    place.deploy(add_model(store, 3), SPEC)
    models.delete("model-1")
    assert [m.version for m in models.list()] == [3, 2]


@pytest.mark.fault
def test_a_failed_endpoint_is_mended_by_another_version(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """An endpoint that has failed takes another version, with its name, address and keys."""
    keys, row = place.keys("risk"), row_of(store)
    (store.home / row.model_dir / "model.onnx").unlink()
    kill(row.server_pid)
    until(lambda: place.list()[0].state is EndpointState.FAILED, seconds=60)
    mended = place.deploy(add_model(store, 2), SPEC)
    assert (mended.state, mended.label, mended.message) == (EndpointState.HEALTHY, V2, None)
    assert (mended.scoring_uri, place.keys("risk")) == (deployed.scoring_uri, keys)
    assert serving(mended) == V2


@pytest.mark.fault
def test_an_update_after_a_supervisors_death_loses_nothing(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """A supervisor that found the server running gets its socket from it: an update and a server's death go unnoticed."""
    kill(row_of(store).supervisor_pid)
    until(lambda: "goes on" in (place.list() and place.logs("risk")), seconds=60)
    with callers(deployed) as both:
        until(lambda: all(len(c.answers) > 5 for c in both), seconds=60)
        place.deploy(add_model(store, 2), SPEC)
        until(lambda: all(c.versions == [V1, V2] for c in both), seconds=60)
    assert [c.refused for c in both] == [[], []]


@pytest.mark.fault
@pytest.mark.parametrize("step", struck_supervisor.PLACES)
def test_an_update_survives_its_supervisors_death(
    store: Store, place: Endpoints, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After kill -9 of the supervisor at any step of an update nobody is refused, one version serves, nothing else is left."""
    monkeypatch.setattr(endpoint_rows, "SUPERVISOR", struck_supervisor.MODULE)
    endpoint = place.deploy(add_model(store), SPEC)
    first, model = row_of(store), add_model(store, 2)
    struck_supervisor.order(store.home, step)
    with callers(endpoint) as both:
        until(lambda: all(len(c.answers) > 5 for c in both), seconds=60)
        place.deploy(model, SPEC)
        until(lambda: place.list() and row_of(store).supervisor_pid not in (None, first.supervisor_pid), seconds=60)
        until(lambda: all({v for _, _, v in c.answers[-20:]} == {V2} for c in both), seconds=60)
    assert [c.refused for c in both] == [[], []]
    (now,) = place.list()
    assert (now.state, now.label, now.scoring_uri, now.rollback_to) == (EndpointState.HEALTHY, V2, endpoint.scoring_uri, V1)
    assert states(now) == [(2, V2, "IN_SERVICE"), (1, V1, "REPLACED")]
    until(lambda: {p.pid for p in processes.about(store.home)} == wanted_processes(store), seconds=60)
    assert_store_sound(store.home)
    back = place.rollback("risk")
    assert (back.label, serving(back)) == (V1, V1)


@pytest.mark.fault
def test_only_the_version_that_the_store_names_answers(store: Store, place: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between "the new one accepts" and "the old one leaves", both answer until the next supervisor parts them."""
    monkeypatch.setattr(endpoint_rows, "SUPERVISOR", struck_supervisor.MODULE)
    endpoint = place.deploy(add_model(store), SPEC)
    first, model = row_of(store), add_model(store, 2)
    struck_supervisor.order(store.home, "taken")
    place.deploy(model, SPEC, wait=False)
    until(lambda: not ProcessId(first.supervisor_pid, first.supervisor_started).alive(), seconds=60)
    with callers(endpoint) as (_, fresh):
        until(lambda: {v for _, _, v in fresh.answers} == {V1, V2}, seconds=60)
        place.list()
        until(lambda: len(fresh.answers) > 60 and {v for _, _, v in fresh.answers[-40:]} == {V2}, seconds=60)
    assert fresh.refused == []
    back = place.rollback("risk")
    assert (back.label, row_of(store).server_pid) == (V1, first.server_pid)  # it had stayed warm: no start


@pytest.mark.fault
def test_a_version_can_come_back_as_often_as_it_is_wanted(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """A rollback to a version that is warm no more starts it, and what that took is not held against the next time."""
    place.deploy(add_model(store, 2), SPEC)
    row = row_of(store)
    for server in find_servers(endpoint_folder(store.home, row.id)):
        if server.number == 1:
            server.end(5)
    assert place.rollback("risk").label == V1
    assert deployments.row_of(store, row.id, 1).attempts == 0
    assert serving(deployed) == V1


@pytest.mark.fault
def test_the_version_that_was_left_stays_warm_and_ends_with_the_endpoint(
    deployed: Endpoint, place: Endpoints, store: Store
) -> None:
    """After an update two servers run, one of them with the traffic; deleting the endpoint ends both."""
    before = row_of(store)
    place.deploy(add_model(store, 2), SPEC)
    assert ProcessId(before.server_pid, before.server_started).alive()
    assert scores(deployed)
    place.delete("risk")
    until(lambda: not processes.about(store.home))
    assert list((store.home / "endpoints").iterdir()) == []
