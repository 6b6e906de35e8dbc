"""A model is tried out before anybody is served by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hfcore.backends.local import rehearsal
from hfcore.backends.local.endpoints import Endpoints
from hfcore.backends.local.store import Store
from hfcore.errors import ArtifactDamaged, DeploymentFailed, ModelNotFound
from tests import processes
from tests.fakes.broken_models import BROKEN, never_ends
from tests.fakes.small_model import FEATURES
from tests.polling import until
from tests.unit.backends.local.models_in_store import add_model


def test_a_sound_model_repeats_its_predictions(store: Store, place: Endpoints) -> None:
    """All twenty recorded patients come out as recorded; nothing is deployed, no process and no file is left."""
    found = place.smoke_test(add_model(store))
    assert found.rows == 20
    assert found.difference <= 1e-9
    assert found.milliseconds > 0
    assert (list(place.list()), processes.about(store.home)) == ([], [])
    assert not (store.home / "endpoints").exists()


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if kind != "hangs"])
def test_a_broken_model_is_refused(store: Store, place: Endpoints, kind: str) -> None:
    """A model that cannot be opened or gives no probabilities is refused with its reason."""
    with pytest.raises(DeploymentFailed, match="The smoke test failed: "):
        place.smoke_test(add_model(store, onnx=BROKEN[kind]()))


def test_a_model_that_never_answers_is_ended(store: Store, place: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that does not come to an end is given up after its time, and its process is gone."""
    monkeypatch.setattr(rehearsal, "MOST_S", 3.0)
    with pytest.raises(DeploymentFailed, match="smoke test failed: the"):
        place.smoke_test(add_model(store, onnx=never_ends()))
    until(lambda: not processes.about(store.home))


def test_columns_and_bytes_must_be_the_registered_ones(store: Store, place: Endpoints) -> None:
    """Columns in another order, a changed file and a model that is not registered are named."""
    with pytest.raises(DeploymentFailed, match="in another order"):
        place.smoke_test(add_model(store, features=[*FEATURES[1:], FEATURES[0]]))
    damaged = add_model(store, 2)
    (store.home / "models" / "model-2" / "model.onnx").write_bytes(b"other")
    with pytest.raises(ArtifactDamaged, match=r"model\.onnx is not what was written"):
        place.smoke_test(damaged)
    with pytest.raises(ModelNotFound):
        place.smoke_test(replace(damaged, version=3))
