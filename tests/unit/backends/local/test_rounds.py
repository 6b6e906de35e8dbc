from __future__ import annotations

import pytest

from hfcore.backends.local import rounds as module
from hfcore.backends.local.rounds import Rounds


def test_looking_often_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the workspace is read, things are looked after once a second."""
    looks: list[int] = []
    monkeypatch.setattr(module, "EVERY_S", 3600.0)
    rounds = Rounds(lambda: looks.append(1))
    for _ in range(100):
        rounds.look_if_due()
    assert len(looks) == 1


def test_a_failed_round_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that raises lets the caller know and leaves the way free for the next one."""
    monkeypatch.setattr(module, "EVERY_S", 0.0)
    looks = iter([OSError("disk"), None])

    def look() -> None:
        found = next(looks)
        if found is not None:
            raise found

    rounds = Rounds(look)
    with pytest.raises(OSError, match="disk"):
        rounds.look_if_due()
    rounds.look_if_due()
    assert next(looks, "both were made") == "both were made"
