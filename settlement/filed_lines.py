"""What shops file is no entry of the book, so each upload is sealed as an act that names all its lines."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple
from zlib import crc32

from ledger import audit
from ledger.audit import By
from ledger.sql import Tx
from settlement.daybook import ClaimLine


class SealedLines(NamedTuple):
    """What later tells whether any line was altered, and which: SHA-256 of all, and each line's number and CRC-32."""

    sha256: str
    checks: str


def seal_lines(lines: Sequence[ClaimLine]) -> SealedLines:
    """Over each line as text, `number|ref|kind|units|fen|occurred_at|business_date` and a line end, in order."""
    texts = [
        f"{n}|{ref}|{kind}|{units}|{fen}|{at}|{date}\n".encode()
        for n, ref, kind, units, fen, at, date in lines
    ]
    pairs = chain.from_iterable(
        zip((line.line_no for line in lines), map(crc32, texts), strict=True)
    )
    checks = struct.pack(f">{2 * len(texts)}I", *pairs).hex()
    return SealedLines(hashlib.sha256(b"".join(texts)).hexdigest(), checks)


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
