"""What shops file is no entry of the book, so each upload is sealed as an act that names all its lines."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple
from zlib import crc32

from ledger import audit
from ledger.audit import By
from ledger.sql import Tx
from settlement.daybook import ClaimLine

_SOME: Final = 1_000


class SealedLines(NamedTuple):
    """What later tells whether any line was altered, and which: SHA-256 of all, and each line's number and CRC-32."""

    sha256: str
    checks: str


class LineSeal:
    """Seals lines in order, some at a time, so that it can go on while the database is busy with them.

    Over each line as text, `number|ref|kind|units|fen|occurred_at|business_date` and a line end.
    """

    def __init__(self, lines: Sequence[ClaimLine]) -> None:
        """Seal none of `lines` yet."""
        self._lines = lines
        self._done = 0
        self._sha256 = hashlib.sha256()
        self._checks: list[str] = []

    def go_on(self) -> bool:
        """Seal some more lines; False where there are none left."""
        some = self._lines[self._done : self._done + _SOME]
        if not some:
            return False
        texts = [
            f"{n}|{ref}|{kind}|{units}|{fen}|{at}|{date}\n".encode()
            for n, ref, kind, units, fen, at, date in some
        ]
        pairs = chain.from_iterable(
            zip((line.line_no for line in some), map(crc32, texts), strict=True)
        )
        self._checks.append(struct.pack(f">{2 * len(texts)}I", *pairs).hex())
        self._sha256.update(b"".join(texts))
        self._done += len(some)
        return True

    def sealed(self) -> SealedLines:
        """The seal of all lines; what is left of them is sealed first."""
        while self.go_on():
            pass
        return SealedLines(self._sha256.hexdigest(), "".join(self._checks))


def record_filed(
    tx: Tx,
    community_id: int,
    upload: tuple[int, bytes, str],
    sealed: SealedLines,
    *,
    by: By,
    at: int,
) -> None:
    """Seal an upload (its batch's number, SHA-256 and outcome): a claim altered after this no longer agrees with it."""
    batch_id, sha256, outcome = upload
    facts: audit.Facts = {
        "batch": str(batch_id),
        "outcome": outcome,
        "sha256": sha256.hex(),
        "lines_sha256": sealed.sha256,
    }
    audit.record(tx, community_id, by, "claims.file", f"batch:{batch_id}", at=at, after=facts)
