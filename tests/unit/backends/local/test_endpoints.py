"""Endpoints live in processes of their own: deployed, found again, started again after a death, deleted without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
from dataclasses import replace
from threading import Barrier, Thread

import numpy as np
import psutil
import pytest
from sqlalchemy import update

from hfcore.backends.local import endpoint_rows
from hfcore.backends.local.endpoint_rows import endpoint_folder, reconcile_endpoints, take_over
from hfcore.backends.local.endpoints import Endpoints
from hfcore.backends.local.processes import ProcessId, group_of
from hfcore.backends.local.registry import Models
from hfcore.backends.local.server_process import listen
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.errors import (
    DeploymentFailed,
    EndpointNotFound,
    ModelNotFound,
    NameTaken,
    NotSupported,
    ScoringFailed,
    StillRunning,
    Unauthorized,
)
from hfcore.records import Endpoint
from hfcore.scoring.client import ScoringClient
from hfcore.settings import Settings
from hfcore.states import EndpointState
from inference.access import hash_key
from tests import processes
from tests.fakes.small_model import LESSON_SAMPLE, TYPED_SAMPLE, onnx_bytes, predict, records
from tests.polling import until
from tests.unit.backends.local.endpoints_in_store import SPEC, kill, row_of, scores, scores_again
from tests.unit.backends.local.models_in_store import add_model

CANARY = "Zebra-4711"


def test_a_deployed_model_is_in_service(deployed: Endpoint, place: Endpoints) -> None:
    """deploy returns a healthy endpoint with address, key, columns and what was asked for, and list finds the same."""
    assert (deployed.state, deployed.phase) == (EndpointState.HEALTHY, "In service")
    assert (deployed.model_name, deployed.model_version) == ("heart-failure-risk", 1)
    assert deployed.scoring_uri is not None
    assert deployed.scoring_uri.startswith("http://127.0.0.1:")
    assert (deployed.description, deployed.tags, deployed.features[0]) == ("for tests", {"team": "cardiology"}, "age")
    assert place.list() == [deployed]
    scored = ScoringClient(deployed).score([LESSON_SAMPLE])
    assert (scored.predictions, scored.model_version) == ([0], "heart-failure-risk:1")


def test_every_form_of_request_agrees_over_http(deployed: Endpoint) -> None:
    """Records, lists, version 1 and version 2 give ONNX Runtime's probabilities on all 299 patients to 1e-6."""
    rows = records()
    lists = [list(r.values()) for r in rows]
    expected = predict(onnx_bytes(), np.array(lists))
    clients = [ScoringClient(deployed, request_version=version) for version in (1, 2)]
    for client in clients:
        for form in (rows, lists):
            found = client.predict_proba(form)
            assert max(abs(a - b) for x, y in zip(found, expected, strict=True) for a, b in zip(x, y, strict=True)) <= 1e-6


def test_the_keys_open_it_and_nothing_else_does(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Both keys work, none and a wrong one do not; only their hashes are in the store, only the owner may read the file."""
    primary, secondary = place.keys("risk")
    assert deployed.primary_key == primary != secondary
    for key in (primary, secondary):
        assert ScoringClient(str(deployed.scoring_uri), key=key).predict([TYPED_SAMPLE]) == [0]
    for wrong in (None, "wrong"):
        with pytest.raises(Unauthorized):
            ScoringClient(str(deployed.scoring_uri), key=wrong).predict([TYPED_SAMPLE])
    row = row_of(store)
    assert (row.primary_sha256, row.secondary_sha256) == (hash_key(primary), hash_key(secondary))
    file = endpoint_folder(store.home, row.id) / "keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_neither_keys_nor_values_leave_their_place(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """After requests with canaries no key and no value is in a log, an argument, an environment or the store."""
    client = ScoringClient(deployed)
    with pytest.raises(ScoringFailed) as caught:
        client.predict([TYPED_SAMPLE | {"age": CANARY, "serum_creatinine": 987654.25}])
    assert set(caught.value.fields) == {"age", "serum_creatinine"}
    row = row_of(store)
    seen = [place.logs("risk"), str(caught.value), repr(deployed), str(row)]
    for pid in (row.supervisor_pid, row.server_pid):
        process = psutil.Process(pid)
        seen += [*process.cmdline(), *process.environ().values()]
    folder = endpoint_folder(store.home, row.id)
    seen += [p.read_text(errors="replace") for p in folder.iterdir() if p.is_file() and p.name != "keys.json"]
    seen += [(store.home / "store.db").read_bytes().decode("latin-1")]
    for secret in (*place.keys("risk"), CANARY, "987654"):
        assert [s for s in seen if secret in s] == []


def test_without_keys_it_serves_this_machine(store: Store, place: Endpoints) -> None:
    """With auth=False no key is made or wanted, and the endpoint listens on loopback."""
    endpoint = place.deploy(add_model(store), replace(SPEC, auth=False))
    assert endpoint.primary_key is None
    assert scores(endpoint)
    with pytest.raises(NotSupported):
        place.keys("risk")


def test_a_name_is_given_once(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """A second endpoint of the same name and version is refused and leaves no files."""
    (model,) = Models(store, store.home).list()
    with pytest.raises(NameTaken, match="'risk'"):
        place.deploy(model, SPEC)
    assert len(list((store.home / "endpoints").iterdir())) == 1


def test_only_a_registered_model_is_deployed(store: Store, place: Endpoints) -> None:
    """A model that is not registered here, or whose hash is another, is refused with the known ones."""
    model = add_model(store)
    with pytest.raises(ModelNotFound, match="heart-failure-risk:1"):
        place.deploy(replace(model, sha256="0" * 64), SPEC)
    assert place.list() == []


def test_deploy_may_return_at_once(store: Store, place: Endpoints) -> None:
    """With wait=False the endpoint is TRANSITIONING first, says what it is doing, and becomes healthy by itself."""
    endpoint = place.deploy(add_model(store), SPEC, wait=False)
    assert endpoint.state is EndpointState.TRANSITIONING
    until(lambda: place.list()[0].state is EndpointState.HEALTHY, seconds=30)
    log = place.logs("risk")
    steps = ["Checking the model file", "Starting the server", "Ready with", "Smoke test", "In service"]
    assert [log.index(step) for step in steps] == sorted(log.index(step) for step in steps)
    assert place.logs("risk", tail=1).count("\n") == 1


@pytest.mark.fault
@pytest.mark.parametrize("file", ["model.onnx", "model.json"])
def test_a_tampered_model_is_refused_before_it_is_opened(store: Store, place: Endpoints, file: str) -> None:
    """One changed byte in the model or its manifest ends the deployment as FAILED; no server is ever started."""
    model = add_model(store)
    path = store.home / "models" / "model-1" / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DeploymentFailed, match=f"{file} is not what was written"):
        place.deploy(model, SPEC)
    (endpoint,) = place.list()
    assert endpoint.state is EndpointState.FAILED
    assert endpoint.message is not None
    assert row_of(store).server_pid is None
    place.delete("risk")
    assert place.list() == []


@pytest.mark.fault
def test_a_golden_mismatch_never_becomes_healthy(store: Store, place: Endpoints) -> None:
    """A model that predicts otherwise than recorded is refused with the reason, and its server is gone."""
    model = add_model(store, changes={"golden": {"rows": [[50.0] * 12], "probabilities": [[0.4, 0.6]]}})
    with pytest.raises(DeploymentFailed, match="golden check failed"):
        place.deploy(model, SPEC)
    row = row_of(store)
    assert not ProcessId(row.server_pid, row.server_started).alive()
    assert "golden check failed" in place.logs("risk")


@pytest.mark.fault
def test_a_killed_server_is_back_and_loses_no_request(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """After kill -9 of the server a request sent at once waits and is answered; the endpoint is healthy again on its port."""
    client = ScoringClient(deployed)
    assert client.predict([TYPED_SAMPLE]) == [0]
    before = row_of(store)
    kill(before.server_pid)
    assert client.predict([TYPED_SAMPLE]) == [0]
    until(lambda: place.list()[0].state is EndpointState.HEALTHY, seconds=30)
    after = row_of(store)
    assert after.server_pid != before.server_pid
    assert after.port == before.port


@pytest.mark.fault
def test_as_many_workers_serve_as_cores_were_asked_for(store: Store, place: Endpoints) -> None:
    """Two cores are two workers; one that is killed is back in its place, the endpoint stays healthy and nobody is left over."""
    endpoint = place.deploy(add_model(store), replace(SPEC, cpu_cores=2))
    server = psutil.Process(row_of(store).server_pid)
    first = {p.pid for p in server.children()}
    assert len(first) == 2
    kill(min(first))
    until(lambda: len({p.pid for p in server.children() if p.status() != psutil.STATUS_ZOMBIE} - first) == 1)
    assert scores(endpoint)
    assert (place.list()[0].state, row_of(store).server_pid) == (EndpointState.HEALTHY, server.pid)
    kill(server.pid)
    until(lambda: scores_again(endpoint), seconds=30)
    place.delete("risk")
    until(lambda: not processes.about(store.home))


@pytest.mark.fault
def test_a_dead_server_shows(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """While nobody serves, list says UNHEALTHY and why, whatever the store says."""
    row = row_of(store)
    os.kill(row.supervisor_pid, signal.SIGSTOP)
    kill(row.server_pid)
    (endpoint,) = place.list()
    assert endpoint.state is EndpointState.UNHEALTHY
    assert endpoint.message == "The server is not running; it is being started again."
    os.kill(row.supervisor_pid, signal.SIGCONT)
    until(lambda: place.list()[0].state is EndpointState.HEALTHY, seconds=30)


@pytest.mark.fault
def test_a_hung_server_is_replaced(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """A server that runs but does not answer is ended and started again."""
    before = row_of(store)
    for member in group_of(ProcessId(before.server_pid, before.server_started)):
        os.kill(member.pid, signal.SIGSTOP)
    until(lambda: row_of(store).server_pid != before.server_pid, seconds=40)
    until(lambda: place.list()[0].state is EndpointState.HEALTHY, seconds=30)
    assert scores(deployed)
    assert not ProcessId(before.server_pid, before.server_started).alive()


@pytest.mark.fault
def test_a_killed_supervisor_is_replaced_and_the_server_goes_on(deployed: Endpoint, store: Store) -> None:
    """After kill -9 of the supervisor the server goes on; whoever looks next starts another, which adopts it and revives it."""
    before = row_of(store)
    kill(before.supervisor_pid)
    assert scores(deployed)
    again = Endpoints(store, store.home)
    until(
        lambda: (
            again.list()[0].state is EndpointState.HEALTHY and row_of(store).supervisor_pid not in (None, before.supervisor_pid)
        )
    )
    until(lambda: "goes on" in again.logs("risk"))
    assert row_of(store).server_pid == before.server_pid
    until(lambda: row_of(store).phase == "In service")
    kill(before.server_pid)
    until(lambda: scores_again(deployed), seconds=30)
    assert row_of(store).port == before.port


@pytest.mark.fault
def test_everything_dead_comes_back(deployed: Endpoint, store: Store) -> None:
    """After a restart of the machine, with neither supervisor nor server alive, the endpoint returns on its port."""
    before = row_of(store)
    kill(before.supervisor_pid)
    kill(before.server_pid)
    place = Endpoints(store, store.home)
    assert place.list()[0].state is not EndpointState.HEALTHY
    until(lambda: place.list()[0].state is EndpointState.HEALTHY, seconds=30)
    assert scores(deployed)
    assert row_of(store).port == before.port


@pytest.mark.fault
def test_opening_the_workspace_brings_endpoints_back(deployed: Endpoint, store: Store) -> None:
    """Opening the workspace is enough: nobody needs to ask for the endpoints."""
    before = row_of(store)
    kill(before.supervisor_pid)
    kill(before.server_pid)
    LocalWorkspace(store.home)
    until(lambda: row_of(store).server_pid != before.server_pid and row_of(store).phase == "In service", seconds=30)
    assert scores(deployed)


@pytest.mark.fault
def test_its_port_taken_meanwhile_means_another_port(deployed: Endpoint, store: Store) -> None:
    """When somebody else has the port at a restart, the endpoint takes the next free one and leaves the other alone."""
    before = row_of(store)
    kill(before.supervisor_pid)
    kill(before.server_pid)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", before.port))
        other.listen()
        place = Endpoints(store, store.home)
        until(lambda: place.list()[0].state is EndpointState.HEALTHY, seconds=30)
        assert row_of(store).port != before.port
        assert scores(place.list()[0])


@pytest.mark.fault
def test_one_of_many_takes_a_dead_supervisors_place(deployed: Endpoint, store: Store) -> None:
    """Of several that find the same dead supervisor at once, exactly one takes its place."""
    kill(row_of(store).supervisor_pid)
    dead = row_of(store)
    gate, won = Barrier(10), []

    def race() -> None:
        gate.wait()
        won.append(take_over(store, dead))

    threads = [Thread(target=race) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([lease for lease in won if lease]) == 1
    assert reconcile_endpoints(store) == 0  # the winner has five seconds to start its supervisor


@pytest.mark.fault
def test_a_paused_supervisor_that_was_replaced_leaves(deployed: Endpoint, store: Store) -> None:
    """A supervisor whose lease went to another leaves when it comes back, and the server goes on."""
    old = row_of(store)
    os.kill(old.supervisor_pid, signal.SIGSTOP)
    lease = take_over(store, old)
    assert lease is not None
    endpoint_rows.launch(store, lease)
    os.kill(old.supervisor_pid, signal.SIGCONT)
    former = ProcessId(old.supervisor_pid, old.supervisor_started)
    until(lambda: not former.alive())
    until(lambda: row_of(store).phase == "In service" and row_of(store).supervisor_pid != old.supervisor_pid)
    assert row_of(store).server_pid == old.server_pid
    assert scores(deployed)


@pytest.mark.fault
def test_a_server_that_cannot_stay_up_fails_with_a_sentence(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """When the model's file is gone at a restart, the endpoint becomes FAILED with a plain message and a log."""
    row = row_of(store)
    (store.home / row.model_dir / "model.onnx").unlink()
    kill(row.server_pid)
    until(lambda: place.list()[0].state is EndpointState.FAILED)
    (endpoint,) = place.list()
    assert "model.onnx cannot be read" in str(endpoint.message)
    assert "cannot be read" in place.logs("risk")
    assert reconcile_endpoints(store) == 0


@pytest.mark.fault
def test_delete_leaves_nothing(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Deleting ends both processes and removes every file and the row; the name is free again."""
    row = row_of(store)
    place.delete("risk")
    for pid, started in ((row.supervisor_pid, row.supervisor_started), (row.server_pid, row.server_started)):
        assert not ProcessId(pid, started).alive()
    assert processes.about(store.home) == []
    assert list((store.home / "endpoints").iterdir()) == []
    with pytest.raises(EndpointNotFound):
        place.delete("risk")
    with pytest.raises(EndpointNotFound):
        place.logs("risk")


@pytest.mark.fault
def test_delete_finds_a_server_that_no_row_knows(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """A server whose pid was never written down, because its starter was killed in between, is ended all the same."""
    row = row_of(store)
    kill(row.supervisor_pid)
    with store.write() as connection:
        connection.execute(update(endpoints).values(server_pid=None, server_started=None))
    place.delete("risk")
    assert not ProcessId(row.server_pid, row.server_started).alive()


@pytest.mark.fault
def test_delete_in_the_middle_of_a_deployment(store: Store, place: Endpoints) -> None:
    """An endpoint may be deleted while it is still being deployed; nothing of it stays behind."""
    place.deploy(add_model(store), SPEC, wait=False)
    place.delete("risk")
    until(lambda: not processes.about(store.home))
    assert place.list() == []


def test_a_served_model_is_not_deleted(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """A registered model stays as long as an endpoint serves it."""
    models = Models(store, store.home)
    with pytest.raises(StillRunning, match="'risk'"):
        models.delete("model-1")
    place.delete("risk")
    models.delete("model-1")
    assert models.list() == []
    assert not (store.home / "models" / "model-1").exists()


@pytest.mark.fault
def test_two_endpoints_live_side_by_side(store: Store, place: Endpoints) -> None:
    """Two endpoints have ports, keys and processes of their own; the death of one does not touch the other."""
    first = place.deploy(add_model(store), SPEC)
    second = place.deploy(add_model(store, version=2), replace(SPEC, name="other"))
    assert first.scoring_uri != second.scoring_uri
    with pytest.raises(Unauthorized):
        ScoringClient(str(first.scoring_uri), key=second.primary_key).predict([TYPED_SAMPLE])
    place.delete("risk")
    assert scores(second)


def test_the_next_free_port_is_taken() -> None:
    """The wanted port is taken when it is free, else one that belongs to nobody."""
    wished = Settings.from_env().first_port
    with listen(None, (), wished) as first:
        port = first.getsockname()[1]
        with listen(port, (), wished) as second:
            other = second.getsockname()[1]
            assert other != port
            with listen(port, (other + 1,), wished) as third:
                assert third.getsockname()[1] not in (port, other, other + 1)
    with listen(port, (), wished) as again:
        assert again.getsockname()[1] == port


def test_the_key_file_holds_two_different_long_keys(deployed: Endpoint, store: Store) -> None:
    """Each key has at least 256 bits of randomness."""
    keys = json.loads((endpoint_folder(store.home, row_of(store).id) / "keys.json").read_text())
    assert len(set(keys.values())) == 2
    assert min(len(k) for k in keys.values()) >= 43
