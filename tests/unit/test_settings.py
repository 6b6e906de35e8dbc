"""Where this installation keeps its things is read once from the environment."""

from __future__ import annotations

import pytest

from hfcore.errors import InvalidSettings
from hfcore.settings import Settings
from tests.ports import claimed_range


def test_without_a_word_the_defaults_hold() -> None:
    """An empty environment gives the local backend, SQLite in the home folder and ports from 8601."""
    found = Settings.from_env({})
    assert (found.backend, found.store_url, found.first_port) == ("local", None, 8601)


def test_the_first_port_is_read() -> None:
    """HF_ENDPOINT_PORT says from which port on endpoints look for a free one."""
    assert Settings.from_env({"HF_ENDPOINT_PORT": "21000"}).first_port == 21_000


@pytest.mark.parametrize("port", ["80", "70000", "-1", "http", "²"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    """A first port outside 1024 to 65535, or no number at all, is named with its rule."""
    with pytest.raises(InvalidSettings, match="from 1024 to 65535") as caught:
        Settings.from_env({"HF_ENDPOINT_PORT": port})
    assert set(caught.value.fields) == {"first_port"}


def test_two_test_runs_never_share_ports() -> None:
    """Whoever claims a range of ports while another holds one gets a different range."""
    with claimed_range() as first, claimed_range() as second:
        assert abs(first - second) >= 100
