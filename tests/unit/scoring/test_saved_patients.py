"""Patients kept by a pseudonym: closed to others, and gone when it is said."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hfcore.datasets.heart_failure import SAMPLE_PATIENT
from hfcore.errors import InvalidInput, StoreDamaged
from hfcore.scoring.saved_patients import PatientNotFound, SavedPatients

FILE = "scoring/patients.json"


def test_a_patient_comes_back_as_it_was(home: Path) -> None:
    """Values come back unchanged, an earlier one of the same pseudonym is replaced, and names are listed in order."""
    saved = SavedPatients(home)
    assert saved.names() == ()
    assert saved.save("  P  17 ", SAMPLE_PATIENT) == "P 17"
    saved.save("B", {"age": 61.5, "smoking": True, "ward": "ü"})
    saved.save("B", {"age": 62.5, "smoking": True, "ward": "ü"})
    assert SavedPatients(home).names() == ("B", "P 17")
    assert saved.get("P 17") == dict(SAMPLE_PATIENT)
    assert saved.get("B") == {"age": 62.5, "smoking": True, "ward": "ü"}


def test_only_the_owner_may_read_them(home: Path) -> None:
    """The file is closed to everybody else, and so is its folder."""
    SavedPatients(home).save("P", SAMPLE_PATIENT)
    assert stat.S_IMODE((home / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "scoring").stat().st_mode) == 0o700


def test_a_purge_leaves_nothing(home: Path) -> None:
    """After a purge, and after the last one was forgotten, there is no file and no temporary one; a damaged one goes too."""
    saved = SavedPatients(home)
    for name in "AB":
        saved.save(name, SAMPLE_PATIENT)
    assert saved.purge() == 2
    assert [p.name for p in (home / "scoring").iterdir()] == ["patients.lock"]
    saved.save("A", SAMPLE_PATIENT)
    saved.forget("A")
    assert not (home / FILE).exists()
    (home / FILE).write_bytes(b"[1")
    with pytest.raises(StoreDamaged, match="Delete all"):
        saved.names()
    assert saved.purge() == 0
    assert saved.names() == ()


def test_what_is_no_pseudonym_is_refused(home: Path) -> None:
    """Nothing, too much and what cannot be printed are refused, and nothing is written."""
    for name in ("", "   ", "x" * 41, "a\x00b"):
        with pytest.raises(InvalidInput, match="1 to 40"):
            SavedPatients(home).save(name, SAMPLE_PATIENT)
    assert not (home / FILE).exists()
    for ask in (SavedPatients(home).get, SavedPatients(home).forget):
        with pytest.raises(PatientNotFound, match="deleted meanwhile"):
            ask("nobody")


def test_two_who_save_at_once_lose_nothing(home: Path) -> None:
    """Sixteen patients saved from eight threads are all there."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: SavedPatients(home).save(f"P{i:02d}", {"age": i}), range(16)))
    assert SavedPatients(home).names() == tuple(f"P{i:02d}" for i in range(16))
