"""Whether a webhook was signed by the channel, and lately: `Stripe-Signature: t=...,v1=...`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from ledger.clock import SECOND_US
from ledger.errors import Refusal

TOLERANCE_US: Final = 300 * SECOND_US
"""A signature this old, or this far ahead of our clock, is no longer taken: it may be a replay."""

_LONGEST_HEADER: Final = 2_000


def check_signature(body: bytes, header: str, secrets: Sequence[str], *, at: int) -> int:
    """Accept `body` if any of `secrets` signed it (two while one is exchanged for another).

    `at` is our time in microseconds UTC. Returns the time signed, in seconds. Raises
    webhook_bad_signature, and webhook_too_old for a good signature out of its time.
    """
    signed_s, signatures = _read_header(header)
    told = f"{signed_s}.".encode() + body
    good = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), told, hashlib.sha256).hexdigest().encode()
        for signature in signatures:
            good |= hmac.compare_digest(expected, signature.encode())
    if not good:
        raise Refusal("webhook_bad_signature")
    if abs(at - signed_s * SECOND_US) > TOLERANCE_US:
        raise Refusal("webhook_too_old", seconds=at // SECOND_US - signed_s)
    return signed_s


def _read_header(header: str) -> tuple[int, list[str]]:
    parts = [part.strip().partition("=") for part in header[:_LONGEST_HEADER].split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not signatures or not (times[0].isascii() and times[0].isdigit()):
        raise Refusal("webhook_bad_signature")
    return int(times[0]), signatures
