"""Blob storage: what the SDK, the Rust engine and the workspace's services put there and read back."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from tests.fakes.azure.exchange import Answer, Ask
from tests.fakes.azure.place import BLOB, BLOB_HOST
from tests.fakes.azure.routes import route

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_AT = "/{container}/{path*}"


@dataclass
class Blob:
    """One blob; `blocks` are parts that were sent and not yet put together."""

    content: bytes = b""
    kind: str = "application/octet-stream"
    blocks: dict[str, bytes] = field(default_factory=dict)
    there: bool = True
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def headers(self) -> dict[str, str]:
        """What every answer about it says."""
        return {
            "etag": f'"0x{hashlib.sha256(self.content).hexdigest()[:15].upper()}"',
            "last-modified": format_datetime(self.changed, usegmt=True),
            "content-type": self.kind,
            "accept-ranges": "bytes",
            "x-ms-blob-type": "BlockBlob",
            "x-ms-version": "2019-12-12",
            "x-ms-creation-time": format_datetime(self.changed, usegmt=True),
            "x-ms-server-encrypted": "true",
        }


class BlobStore:
    """Every blob of the one account, by container and path."""

    def __init__(self) -> None:
        self.blobs: dict[tuple[str, str], Blob] = {}

    def put(self, container: str, path: str, content: bytes, kind: str = "application/octet-stream") -> str:
        """Keep bytes and return the address at which they can be read."""
        self.blobs[container, path] = Blob(content, kind)
        return self.url(container, path)

    def url(self, container: str, path: str) -> str:
        """Return a blob's address, with something in place of a signature."""
        return f"https://{BLOB_HOST}/{container}/{path}?sv=2019-12-12&sr=b&sig=double"

    def read(self, container: str, path: str) -> bytes:
        """Return a blob's bytes. Raises KeyError."""
        return self.blobs[container, path].content

    def under(self, container: str, prefix: str) -> dict[str, bytes]:
        """Return every whole blob whose path begins so."""
        found = ((path, b) for (c, path), b in sorted(self.blobs.items()) if c == container and path.startswith(prefix))
        return {path: b.content for path, b in found if b.there}

    @route("PUT", BLOB, _AT)
    def write(self, ask: Ask) -> Any:
        """Take a whole blob, one block of it, or the list of its blocks."""
        blob = self.blobs.setdefault((ask["container"], ask["path"]), Blob(there=False))
        step = ask.query.get("comp")
        if step == "block":
            blob.blocks[ask.query["blockid"]] = ask.body
        elif step == "blocklist":
            listed = re.findall(r"<(?:Latest|Uncommitted|Committed)>([^<]+)<", ask.body.decode())
            blob.content, blob.there = b"".join(blob.blocks[key] for key in listed), True
        elif step is None:
            blob.content, blob.there = ask.body, True
        blob.changed = datetime.now(UTC)
        checked = {"content-md5": base64.b64encode(hashlib.md5(ask.body, usedforsecurity=False).digest()).decode()}
        return Answer(None, 201, {**blob.headers, **checked, "x-ms-request-server-encrypted": "true"})

    @route("HEAD", BLOB, _AT)
    def head(self, ask: Ask) -> Any:
        """Say how large a blob is."""
        blob = self._find(ask)
        return _missing() if blob is None else Answer(None, 200, {**blob.headers, "content-length": str(len(blob.content))})

    @route("GET", BLOB, _AT)
    def get(self, ask: Ask) -> Any:
        """Give a blob or a range of it."""
        blob = self._find(ask)
        if blob is None:
            return _missing()
        asked = _RANGE.match(ask.headers.get("x-ms-range") or ask.headers.get("range") or "")
        if asked is None:
            return Answer(blob.content, 200, blob.headers)
        first, size = int(asked[1]), len(blob.content)
        if first >= size:
            return Answer(b"", 416, {"content-range": f"bytes */{size}", "x-ms-error-code": "InvalidRange"})
        last = min(int(asked[2] or size), size - 1)
        return Answer(blob.content[first : last + 1], 206, {**blob.headers, "content-range": f"bytes {first}-{last}/{size}"})

    @route("DELETE", BLOB, _AT)
    def delete(self, ask: Ask) -> Any:
        """Take a blob away."""
        gone = self.blobs.pop((ask["container"], ask["path"]), None)
        return _missing() if gone is None else Answer(None, 202)

    @route("GET", BLOB, "/{container}")
    @route("HEAD", BLOB, "/{container}")
    def list(self, ask: Ask) -> Any:
        """List what a container holds under a prefix, or describe the container."""
        if ask.query.get("comp") != "list":
            return Answer(None, 200, {"etag": '"0x1"', "last-modified": format_datetime(datetime.now(UTC), usegmt=True)})
        prefix = ask.query.get("prefix", "")
        entries = [_entry(path, self.blobs[ask["container"], path]) for path in self.under(ask["container"], prefix)]
        head = f'<EnumerationResults ServiceEndpoint="https://{BLOB_HOST}/" ContainerName="{ask["container"]}">'
        body = f"{head}<Prefix>{escape(prefix)}</Prefix><Blobs>{''.join(entries)}</Blobs><NextMarker /></EnumerationResults>"
        xml = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
        return Answer(xml, 200, {"content-type": "application/xml"})

    def _find(self, ask: Ask) -> Blob | None:
        blob = self.blobs.get((ask["container"], ask["path"]))
        return blob if blob is not None and blob.there else None


def _entry(path: str, blob: Blob) -> str:
    md5 = base64.b64encode(hashlib.md5(blob.content, usedforsecurity=False).digest()).decode()
    moment = format_datetime(blob.changed, usegmt=True)
    told = {
        "Creation-Time": moment, "Last-Modified": moment, "Etag": blob.headers["etag"].strip('"'),
        "Content-Length": len(blob.content), "Content-Type": blob.kind, "Content-Encoding": "", "Content-Language": "",
        "Content-MD5": md5, "Cache-Control": "", "Content-Disposition": "", "BlobType": "BlockBlob", "AccessTier": "Hot",
        "AccessTierInferred": "true", "LeaseStatus": "unlocked", "LeaseState": "available", "ServerEncrypted": "true",
    }  # fmt: skip
    properties = "".join(f"<{name}>{value}</{name}>" for name, value in told.items())
    return f"<Blob><Name>{escape(path)}</Name><Properties>{properties}</Properties></Blob>"


def _missing() -> Answer:
    said = "<Error><Code>BlobNotFound</Code><Message>The specified blob does not exist.</Message></Error>"
    body = f'<?xml version="1.0" encoding="utf-8"?>{said}'.encode()
    return Answer(body, 404, {"content-type": "application/xml", "x-ms-error-code": "BlobNotFound"})
