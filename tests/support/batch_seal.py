"""A till's sealed batches as its page makes them: written for tests alone, knowing nothing of how a server checks."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def text_of(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def seal_hash(seal: str) -> str:
    """What the next batch names."""
    return text_of(hashlib.sha256(seal.encode()).digest())


def seal_batch(
    key: ec.EllipticCurvePrivateKey,
    terminal_id: int,
    batch: dict[str, Any],
    before: str,
    **other: Any,
) -> dict[str, Any]:
    """The batch (microseconds, yyyymmdd) with its seal; `other` puts something else into what is signed."""
    rows = [
        (line["counter"], line["ref"], line["kind"], line["original_ref"] or "", line["total_fen"],
         line["offset_units"], line["offset_fen"], line["paid_fen"], line["occurred_at"] // 1_000)
        for line in batch["lines"]
    ]  # fmt: skip
    text = "".join("|".join(str(cell) for cell in row) + "\n" for row in rows)
    signs = [-1 if row[2] == "refund" else 1 for row in rows]
    sums = [
        len(rows),
        sum(sign * row[5] for sign, row in zip(signs, rows, strict=True)),
        sum(sign * row[6] for sign, row in zip(signs, rows, strict=True)),
    ]
    said = {
        "c": "1",
        "n": batch["batch_no"],
        "d": batch["business_date"],
        "p": before,
        "h": sums,
        "t": sums,
        "b": text_of(hashlib.sha256(text.encode()).digest()),
        **other,
    }
    head = {"typ": "jifen-batch", "alg": "ES256", "kid": str(terminal_id)}
    signed = ".".join(
        text_of(json.dumps(part, separators=(",", ":")).encode()) for part in (head, said)
    )
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = text_of(r.to_bytes(32) + s.to_bytes(32))
    return {**batch, "seal": f"{signed}.{signature}"}
