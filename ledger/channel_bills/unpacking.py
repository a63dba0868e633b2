"""A bill as its channel packs it: the file itself, gzip, or a zip with the lines in one of its files."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Final

from ledger.channel_bills.layouts import words

MOST_BYTES: Final = 50 * 1024 * 1024
"""Of one bill, unpacked."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_MOST_PARTS: Final = 20


class NotPackedRightError(Exception):
    """An archive that is broken, too large, or without exactly one file of lines."""


def unpacked(body: bytes, name: str) -> tuple[bytes, str]:
    """The bill and its own file name. Raises NotPackedRightError."""
    if body.startswith(b"\x1f\x8b"):
        return _gunzip(body), name.removesuffix(".gz")
    if not body.startswith(b"PK\x03\x04"):
        return body, name
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = [(part, _name_of(part)) for part in archive.infolist()[:_MOST_PARTS]]
            bills = [
                (part, said)
                for part, said in parts
                if not part.is_dir()
                and words()["summary"] not in said
                and said.lower().endswith((".csv", ".txt"))
            ]
            if len(bills) != 1 or bills[0][0].file_size > MOST_BYTES:
                raise NotPackedRightError
            return archive.read(bills[0][0]), bills[0][1]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise NotPackedRightError from error


def _gunzip(body: bytes) -> bytes:
    reader = zlib.decompressobj(_GZIP)
    try:
        text = reader.decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise NotPackedRightError from error
    if len(text) > MOST_BYTES or not reader.eof:
        raise NotPackedRightError
    return text


def _name_of(part: zipfile.ZipInfo) -> str:
    """A zip without the UTF-8 mark was written in the sender's own letters: China's, here."""
    if part.flag_bits & 0x800:
        return part.filename
    try:
        return part.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return part.filename
