"""Two keys per endpoint: either is replaced without an interruption for who uses the other."""

from __future__ import annotations

import stat
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from hfcore.backends.local import keys
from hfcore.backends.local.endpoint_rows import endpoint_folder
from hfcore.backends.local.endpoints import Endpoints
from hfcore.backends.local.store import Store
from hfcore.errors import EndpointNotFound, InvalidSettings, NotSupported, Unauthorized
from hfcore.records import Endpoint
from hfcore.scoring.client import ScoringClient
from inference.access import KeyFile, hash_key, key_file
from tests.fakes.caller import callers
from tests.fakes.small_model import TYPED_SAMPLE
from tests.polling import until
from tests.unit.backends.local.endpoints_in_store import SPEC, kill, row_of, scores, scores_again
from tests.unit.backends.local.models_in_store import add_model


def opens(endpoint: Endpoint, key: str) -> bool:
    """Tell whether a key opens the endpoint."""
    client = ScoringClient(str(endpoint.scoring_uri), key=key)
    try:
        return client.predict([TYPED_SAMPLE]) == [0]
    except Unauthorized:
        return False
    finally:
        client.close()


@pytest.mark.fault
def test_rotation_loses_nothing(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """While each key is replaced twice, callers with the other one are never refused; old keys are, at once; the app goes on."""
    for which, other in (("primary", 1), ("secondary", 0)):
        before = place.keys("risk")
        with callers(replace(deployed, primary_key=before[other])) as both:
            until(lambda: all(len(c.answers) > 3 for c in both), seconds=60)
            new = [place.rotate_key("risk", which) for _ in range(2)]
            answered = [len(c.answers) for c in both]
            until(lambda: all(len(c.answers) > n + 5 for c, n in zip(both, answered, strict=True)), seconds=60)  # noqa: B023
        assert [c.refused for c in both] == [[], []]
        assert [opens(deployed, key) for key in (before[1 - other], new[0])] == [False, False]
        assert place.keys("risk")[1 - other] == new[1]
        assert scores(place.list()[0])
    row, now = row_of(store), place.keys("risk")
    assert (row.primary_sha256, row.secondary_sha256) == tuple(hash_key(key) for key in now)
    folder = endpoint_folder(store.home, row.id)
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in (keys.KEYS, keys.HASHES)] == [0o600, 0o600]
    assert [key for key in now if key in (folder / keys.HASHES).read_text() + place.logs("risk")] == []


def test_rotations_at_once_happen_one_after_the_other(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Of several rotations at once the last one's key opens the endpoint, and nobody's writing is half done."""
    gate, made = Barrier(4), []

    def race(which: str) -> None:
        gate.wait()
        made.append((which, place.rotate_key("risk", which)))

    threads = [Thread(target=race, args=(which,)) for which in ("primary", "secondary") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = dict(zip(("primary", "secondary"), place.keys("risk"), strict=True))
    assert set(now.items()) <= set(made)
    assert [opens(deployed, key) for _, key in made].count(True) == 2


@pytest.mark.fault
def test_a_rotation_that_was_cut_off_is_put_right(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """Keys that the server accepts although nobody has been told them are gone when its supervisor starts again."""
    row = row_of(store)
    folder = endpoint_folder(store.home, row.id)
    (folder / keys.HASHES).write_bytes(key_file([*place.keys("risk"), "never-told"]))
    assert opens(deployed, "never-told")
    kill(row.supervisor_pid)
    until(lambda: place.list() and not opens(deployed, "never-told"), seconds=60)
    until(lambda: scores_again(deployed))
    assert KeyFile(folder / keys.HASHES).accepts(place.keys("risk")[0].encode())


def test_only_what_there_is_can_be_rotated(deployed: Endpoint, place: Endpoints, store: Store) -> None:
    """A third key, an endpoint that is not there and one without keys are named."""
    with pytest.raises(InvalidSettings, match="'third'"):
        place.rotate_key("risk", "third")
    with pytest.raises(EndpointNotFound, match="other"):
        place.rotate_key("other", "primary")
    place.deploy(add_model(store, 2), replace(SPEC, name="open", auth=False))
    with pytest.raises(NotSupported, match="asks for no key"):
        place.rotate_key("open", "primary")
