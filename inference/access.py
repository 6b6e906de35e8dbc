"""Who may score: bearer keys are compared as SHA-256 hashes in constant time; the keys themselves are never kept."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

_HASH = re.compile(r"[0-9a-f]{64}")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


def hash_key(key: str | bytes) -> str:
    """Return the SHA-256 of a key in hexadecimal."""
    return hashlib.sha256(key.encode("utf-8") if isinstance(key, str) else key).hexdigest()


@dataclass(frozen=True)
class KeyRing:
    """The hashes of the keys that are accepted; an empty ring asks for none, on loopback only."""

    hashes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read hashes separated by commas. Raises ValueError when one is no SHA-256."""
        hashes = tuple(part.strip() for part in text.split(",") if part.strip())
        if not all(_HASH.fullmatch(h) for h in hashes):
            raise ValueError("A key hash must be a SHA-256 in hexadecimal.")
        return cls(hashes)

    @property
    def wants_key(self) -> bool:
        """True when a request needs a key."""
        return bool(self.hashes)

    def accepts(self, key: bytes) -> bool:
        """Tell whether a key is one of the accepted ones, in the same time for every answer."""
        found = hash_key(key)
        matches: Iterable[bool] = [hmac.compare_digest(found, known) for known in self.hashes]
        return any(matches)


def bearer(header: bytes) -> bytes | None:
    """Return the key of an Authorization header, or None when there is none of the form `Bearer KEY`."""
    scheme, _, key = header.strip().partition(b" ")
    return key.strip() or None if scheme.lower() == b"bearer" else None


def is_loopback_host(header: bytes) -> bool:
    """Tell whether a Host header names this machine itself, so that no web page elsewhere can reach a keyless endpoint."""
    name = header.decode("latin-1").strip().lower()
    without_port = re.sub(r":\d+$", "", name)
    return without_port in LOOPBACK_NAMES
