"""Answers made smaller, in a way that tells nobody what is in them.

Compression beside a text that an attacker chooses can tell secrets by the length of the answer (BREACH, 2013). Nobody
can make somebody else's browser ask this service in that person's name: it knows people by a header, never by a cookie.
Answers with errors, which repeat what was sent, stay plain all the same, and those about a person get a header of a
random length (Palacios et al., "HTB", IEEE Access 2022).
"""

from __future__ import annotations

import secrets
import struct
import zlib

FEWEST_BYTES = 1_024
"""Below which an answer fits into one packet anyway."""
LEVEL = 4
_MOST_PADDING = 64
_HEADER = struct.Struct("<2sBBIBB")
_EXTRA_FIELD, _UNKNOWN_SYSTEM = 4, 255


def compressed(body: bytes, *, padded: bool) -> bytes:
    """Compress as gzip (RFC 1952).

    Parameters
    ----------
    padded : put an extra field of random length into the header, which every reader skips

    >>> zlib.decompress(compressed(b"taste " * 100, padded=True), wbits=31) == b"taste " * 100
    True
    """
    deflate = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
    extra = secrets.token_bytes(1 + secrets.randbelow(_MOST_PADDING)) if padded else b""
    return b"".join([
        _HEADER.pack(b"\x1f\x8b", zlib.DEFLATED, _EXTRA_FIELD if extra else 0, 0, 0, _UNKNOWN_SYSTEM),
        _field(extra) if extra else b"",
        deflate.compress(body), deflate.flush(), struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF),
    ])


def _field(content: bytes) -> bytes:
    """Write an extra field of one entry, under a name that is nobody's."""
    entry = b"kp" + struct.pack("<H", len(content)) + content
    return struct.pack("<H", len(entry)) + entry
