"""What a till was told it may do without network: given at a sync, carried by every offline sale, never trusted bare.

The server marks each policy with a key that only it has. It keeps no list of those it gave: a till that shows one shows
what it was told, and is measured by that, whatever the settings are by now.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.device_keys import from_base64url, to_base64url

CLASSES: Final = ("card", "vch")
"""The codes that may spend points without network: paper and the phone's codes fetched ahead (`qr.md` 6.5)."""

SKEW_US: Final = 300 * 1_000_000
"""By how much a till's clock may stand apart from the server's without its offline entries being refused."""

_VERSION: Final = "1"
_PARTS: Final = 3
_LONGEST: Final = 800


class Policy(NamedTuple):
    """The limits as one till was told them; amounts in units of the shop's points, times in microseconds UTC."""

    community_id: int
    terminal_id: int
    day: int
    """The business date of the sync (yyyymmdd): everything spent under the policy counts against this day's escrow."""
    issued_at: int
    valid_until: int
    terminal_units: int
    """The escrow: what this till may let go without network under this day's policies, all cards together."""
    card_units: int
    """The same for one card."""
    sale_units: int
    """The same for one sale."""

    @property
    def spends(self) -> bool:
        """Whether points may be spent at all."""
        return min(self.terminal_units, self.card_units, self.sale_units) > 0


class Spend(NamedTuple):
    """One spend as a till decided it: units, the code's class, and what the till had let go before it under the day."""

    units: int
    key_class: str
    at: int
    card_before: int
    terminal_before: int


def write_policy(policy: Policy, key: bytes) -> str:
    """The policy as the till keeps it and sends it back: opaque to the till."""
    content = to_base64url(json.dumps(list(policy), separators=(",", ":")).encode())
    return f"{_VERSION}.{content}.{_mark(content, key)}"


def read_policy(text: str, key: bytes, *, community_id: int, terminal_id: int) -> Policy:
    """The policy behind what a till sent back.

    Refusals: offline_policy_bad (no policy of this server, or another till's).
    """
    parts = text.split(".") if len(text) <= _LONGEST else []
    if len(parts) != _PARTS or parts[0] != _VERSION:
        raise Refusal("offline_policy_bad")
    if not hmac.compare_digest(parts[2].encode(), _mark(parts[1], key).encode()):
        raise Refusal("offline_policy_bad")
    policy = Policy(*json.loads(from_base64url(parts[1])))
    if (policy.community_id, policy.terminal_id) != (community_id, terminal_id):
        raise Refusal("offline_policy_bad")
    return policy


def check_spend(policy: Policy, spend: Spend) -> None:
    """Refuse a spend that the till, had it kept to what it was told, would not have made.

    Refusals: offline_no_spending, offline_code_class, offline_too_long, offline_over_sale, offline_over_card,
    offline_over_terminal.
    """
    if not policy.spends:
        raise Refusal("offline_no_spending")
    if spend.key_class not in CLASSES:
        raise Refusal("offline_code_class")
    if not policy.issued_at - SKEW_US <= spend.at <= policy.valid_until + SKEW_US:
        raise Refusal("offline_too_long")
    if spend.units > policy.sale_units:
        raise Refusal("offline_over_sale", limit_units=policy.sale_units)
    if spend.card_before + spend.units > policy.card_units:
        raise Refusal("offline_over_card", limit_units=policy.card_units)
    if spend.terminal_before + spend.units > policy.terminal_units:
        raise Refusal("offline_over_terminal", limit_units=policy.terminal_units)


def _mark(content: str, key: bytes) -> str:
    message = f"jifen-offline/{_VERSION}\n{content}".encode()
    return to_base64url(hmac.digest(key, message, hashlib.sha256))
