"""Unpacks a gzip body while it arrives, never beyond a limit, so that a small body cannot become a large one."""

from __future__ import annotations

import zlib

GZIP_FORMAT = 16 + zlib.MAX_WBITS


class NotGzip(ValueError):
    """What was sent is no gzip stream, is cut off, or is followed by something else."""


class Gunzip:
    """One gzip stream of one member, as HTTP clients send it."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(GZIP_FORMAT)

    def take(self, piece: bytes, most: int) -> bytes:
        """Return what the next piece unpacks to, `most` bytes at most: whoever gets that many may have lost the rest.

        Raises:
            NotGzip: it cannot be unpacked, or the stream has ended already.
        """
        try:
            unpacked = self._stream.decompress(piece, most)
        except zlib.error as error:
            raise NotGzip("This is no gzip stream.") from error
        if self._stream.unused_data:
            raise NotGzip("Something follows the gzip stream.")
        return unpacked

    def check_end(self) -> None:
        """Raise NotGzip when the stream was cut off."""
        if not self._stream.eof:
            raise NotGzip("The gzip stream is not complete.")
