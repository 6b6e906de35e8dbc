"""A store with endpoints of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hfcore.backends.local.endpoints import Endpoints
from hfcore.backends.local.store import Store
from hfcore.records import Endpoint
from tests import processes
from tests.unit.backends.local.endpoints_in_store import SPEC
from tests.unit.backends.local.models_in_store import add_model


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """A store of its own; whatever its endpoints have started is ended after the test."""
    opened = Store.open(home)
    yield opened
    opened.close()
    processes.end_all(home)


@pytest.fixture
def place(store: Store) -> Endpoints:
    """The endpoints of that store."""
    return Endpoints(store, store.home)


@pytest.fixture
def deployed(store: Store, place: Endpoints) -> Endpoint:
    """A small model in service."""
    return place.deploy(add_model(store), SPEC)
