"""Patients that a user has chosen to keep, by a pseudonym: a file of its own that only its owner may read, gone at one word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hfcore.errors import InvalidInput, NotFound, StoreDamaged
from hfcore.scoring.private_folder import PrivateFolder, translated

FILE, LOCK = "patients.json", "patients.lock"
LONGEST = 40
MOST = 500


class PatientNotFound(NotFound):
    """Nobody was kept under this pseudonym."""

    noun = "saved patient"

    def __init__(self, name: object) -> None:
        super().__init__(name)
        self.hint = "It may have been deleted meanwhile."


class SavedPatients:
    """The saved patients of one home folder."""

    def __init__(self, home: Path) -> None:
        self._folder = PrivateFolder(home)

    def names(self) -> tuple[str, ...]:
        """Return the pseudonyms, sorted. Raises StoreDamaged."""
        return tuple(sorted(self._read()))

    def get(self, pseudonym: str) -> Mapping[str, Any]:
        """Return the values of a patient. Raises PatientNotFound, StoreDamaged."""
        found = self._read()
        if pseudonym not in found:
            raise PatientNotFound(pseudonym)
        return found[pseudonym]

    def save(self, pseudonym: str, values: Mapping[str, Any]) -> str:
        """Keep a patient, in place of an earlier one of the same pseudonym; return the pseudonym as it is kept.

        Raises:
            InvalidInput: the pseudonym is empty or too long, or there are 500 patients already.
        """
        name = " ".join(pseudonym.split())
        with self._folder.alone(LOCK):
            found = self._read()
            wrong = _wrong(name, found)
            if wrong:
                raise InvalidInput({"pseudonym": wrong})
            self._write({**found, name: dict(values)})
        return name

    def forget(self, pseudonym: str) -> None:
        """Delete one patient. Raises PatientNotFound, StoreDamaged."""
        with self._folder.alone(LOCK):
            found = self._read()
            if pseudonym not in found:
                raise PatientNotFound(pseudonym)
            rest = {name: values for name, values in found.items() if name != pseudonym}
            self._write(rest) if rest else self._remove()

    def purge(self) -> int:
        """Delete every patient and the file; return how many there were. Raises StoreDamaged only if the file stays."""
        with self._folder.alone(LOCK):
            try:
                count = len(self._read())
            except StoreDamaged:
                count = 0
            self._remove()
        return count

    def _remove(self) -> None:
        with translated(self._folder.path):
            self._folder.file(FILE).unlink(missing_ok=True)

    def _read(self) -> dict[str, dict[str, Any]]:
        told = self._folder.read(FILE)
        if told is None:
            return {}
        try:
            return {str(name): dict(values) for name, values in json.loads(told).items()}
        except (ValueError, AttributeError, TypeError) as error:
            reason = f"The file of saved patients {self._folder.path / FILE} cannot be read."
            raise StoreDamaged(reason, "Delete all saved patients to begin anew.") from error

    def _write(self, patients: Mapping[str, Mapping[str, Any]]) -> None:
        self._folder.write(FILE, json.dumps(patients).encode())


def _wrong(name: str, found: Mapping[str, object]) -> str:
    """Say why a pseudonym cannot be used, "" when it can."""
    if not name or len(name) > LONGEST or not name.isprintable():
        return f"A pseudonym has 1 to {LONGEST} printable characters."
    if name not in found and len(found) >= MOST:
        return f"There are {MOST} saved patients already; delete some first."
    return ""
