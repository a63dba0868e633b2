"""What a clerk's tablet holds after sign-in: who, at which till, until when; signed by the server."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from ledger.clock import SECOND_US
from ledger.earning.calendar import local_time
from ledger.errors import Refusal
from ledger.members.device_keys import from_base64url, to_base64url

_SHIFT_ENDS: Final = time(4)
"""A sign-in ends at four in the morning: no shop changes clerks at midnight."""


class ClerkToken(NamedTuple):
    """A clerk's sign-in at one till; `expires_at` in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int
    expires_at: int


def make_token(token: ClerkToken, secret: bytes) -> str:
    """The text for the header Jifen-Clerk."""
    body = json.dumps(token, separators=(",", ":")).encode()
    return f"{to_base64url(body)}.{to_base64url(_mac(body, secret))}"


def read_token(
    text: str, secret: bytes, *, community_id: int, terminal_id: int, at: int
) -> ClerkToken:
    """The clerk signed in at this till now.

    Refusals: clerk_token_bad (not ours, of another till, or ended).
    """
    body, _, mac = text.partition(".")
    try:
        raw = from_base64url(body)
        is_ours = hmac.compare_digest(_mac(raw, secret), from_base64url(mac))
    except ValueError as error:
        raise Refusal("clerk_token_bad") from error
    if not is_ours:
        raise Refusal("clerk_token_bad")
    token = ClerkToken(*json.loads(raw))
    if (token.community_id, token.terminal_id) != (community_id, terminal_id):
        raise Refusal("clerk_token_bad")
    if token.expires_at <= at:
        raise Refusal("clerk_token_bad")
    return token


def shift_end(at: int, timezone: str) -> int:
    """The end of the shift that runs at `at`, on the community's clock, as microseconds UTC."""
    now = local_time(at, timezone)
    end = datetime.combine(now.date(), _SHIFT_ENDS, now.tzinfo)
    if end <= now:
        end = datetime.combine(now.date() + timedelta(days=1), _SHIFT_ENDS, now.tzinfo)
    return at + ((end - now) // timedelta(seconds=1)) * SECOND_US


def _mac(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"jifen clerk " + body, hashlib.sha256)
