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

SPARE: Final = "vch"
CLASSES: Final = ("card", SPARE)
"""The codes that may spend points without network: paper and the phone's codes fetched ahead (`qr.md` 6.5)."""

SPARES_A_DAY: Final = 1
"""Spare codes one till takes of one holder under the limits of one day."""

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
    spare_units: int = 0
    """The same for one sale with a spare code; 0 in a policy of before there were any."""

    @property
    def spends(self) -> bool:
        """Whether points may be spent at all."""
        return min(self.terminal_units, self.card_units, self.sale_units) > 0


class Spend(NamedTuple):
    """One spend as a till decided it: units, the code's class, and what the till had let go before it under the day.

    `spares_before`: spare codes of the same holder among that.
    """

    units: int
    key_class: str
    at: int
    card_before: int
    terminal_before: int
    spares_before: int = 0


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
    sale_units, card_units = limits_of(policy, spend.key_class)
    if spend.units > sale_units:
        raise Refusal("offline_over_sale", limit_units=sale_units)
    is_one_more = spend.key_class == SPARE and spend.spares_before >= SPARES_A_DAY
    if is_one_more or spend.card_before + spend.units > card_units:
        raise Refusal("offline_over_card", limit_units=card_units)
    if spend.terminal_before + spend.units > policy.terminal_units:
        raise Refusal("offline_over_terminal", limit_units=policy.terminal_units)


def limits_of(policy: Policy, key_class: str) -> tuple[int, int]:
    """The most units of one sale, and of one holder at the till under the day, with a code of this class."""
    if key_class == SPARE:
        return policy.spare_units, policy.spare_units
    return policy.sale_units, policy.card_units


def _mark(content: str, key: bytes) -> str:
    message = f"jifen-offline/{_VERSION}\n{content}".encode()
    return to_base64url(hmac.digest(key, message, hashlib.sha256))
