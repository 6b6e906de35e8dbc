"""Who may score: bearer keys are compared as SHA-256 hashes in constant time; the keys themselves are never kept."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inference.journal import log

_HASH = re.compile(r"[0-9a-f]{64}")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def hash_key(key: str | bytes) -> str:
    """Return the SHA-256 of a key in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8") if isinstance(key, str) else key).hexdigest()


def key_file(keys: Iterable[str]) -> bytes:
    """Return the content of a file that tells a server which keys to accept, without telling the keys."""
    return json.dumps({"sha256": [hash_key(key) for key in keys]}).encode()


@dataclass(frozen=True)
class KeyRing:
    """The hashes of the keys that are accepted; an empty ring asks for none, on loopback only."""

    hashes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(isinstance(h, str) and _HASH.fullmatch(h) for h in self.hashes):
            raise ValueError("A key hash must be a SHA-256 in hexadecimal.")

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read hashes separated by commas. Raises ValueError when one is no SHA-256."""
        return cls(tuple(part.strip() for part in text.split(",") if part.strip()))

    @property
    def wants_key(self) -> bool:
        """True when a request needs a key."""
        return bool(self.hashes)

    def now(self) -> KeyRing:
        """Return the keys that are accepted now: these, always."""
        return self

    def accepts(self, key: bytes) -> bool:
        """Tell whether a key is one of the accepted ones, in the same time for every answer."""
        found = hash_key(key)
        matches = [hmac.compare_digest(found, known) for known in self.hashes]
        return any(matches)


class KeyFile:
    """The keys that a file names, read again as soon as it has been replaced.

    A key that is being replaced is accepted until the new file is in place; a file that cannot be read changes nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = os.fspath(path)
        self._seen = self._stamp()
        self._ring = self._read()

    @property
    def wants_key(self) -> bool:
        """True: whoever is given a key file asks for a key."""
        return True

    def accepts(self, key: bytes) -> bool:
        """Tell whether a key is one of those in the file now, in the same time for every answer."""
        return self.now().accepts(key)

    def now(self) -> KeyRing:
        """Return the keys in the file now, read again when it is another one than last time."""
        try:
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                self._ring = self._read()
                log.info("The keys were read again.")
        except FileNotFoundError:
            if self._seen != (0, 0, 0):
                self._seen = (0, 0, 0)
                log.warning("The key file is gone; the keys stay as they were.")
        except (OSError, ValueError) as error:
            log.warning("The key file cannot be read (%s); the keys stay as they were.", type(error).__name__)
        return self._ring

    def _stamp(self) -> tuple[int, int, int]:
        told = os.stat(self._name)  # at every request: a Path would cost as much again
        return told.st_ino, told.st_mtime_ns, told.st_size

    def _read(self) -> KeyRing:
        """Return the keys in the file. Raises OSError, ValueError."""
        try:
            ring = KeyRing(tuple(json.loads(self._path.read_bytes())["sha256"]))
        except (KeyError, TypeError) as error:
            raise ValueError("The key file holds no list of hashes.") from error
        if not ring.wants_key:
            raise ValueError("The key file holds no key hash.")
        return ring


Keys = KeyRing | KeyFile


def bearer(header: bytes) -> bytes | None:
    """Return the key of an Authorization header, or None when there is none of the form `Bearer KEY`."""
    scheme, _, key = header.strip().partition(b" ")
    return key.strip() or None if scheme.lower() == b"bearer" else None


def is_loopback_host(header: bytes) -> bool:
    """Tell whether a Host header names this machine itself, so that no web page elsewhere can reach a keyless endpoint."""
    name = header.decode("latin-1").strip().lower()
    without_port = re.sub(r":\d+$", "", name)
    return without_port in LOOPBACK_NAMES


def is_loopback_peer(address: str) -> bool:
    """Tell whether a caller's address is one of this machine's own loopback addresses."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
