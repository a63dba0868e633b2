"""Codes for residents: the minute-long code on a phone, the years-long code on a printed card."""

from __future__ import annotations

from typing import Final

from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members.key_vault import KeyVault
from ledger.members.keys import key_of_then, signing_key
from ledger.refs import check_character
from ledger.sql import Sql, Tx
from ledger.token_keys import CLASS_RULES, KeyClass, SigningKey
from ledger.tokens import Claims, sign, to_digits

PHONE_PURPOSES: Final = {"dyn": KeyClass.DYN, "earn": KeyClass.EARN}
"""What a phone may show: "present for this sale", or "may only collect points"."""

_NEXT_ISSUE = Sql(
    "INSERT INTO code_sequence (community_id, serial, last_issue) "
    "VALUES (:community_id, :serial, 0) "
    "ON CONFLICT (community_id, serial) "
    "DO UPDATE SET last_issue = (code_sequence.last_issue + 1) % 65536 "
    "RETURNING last_issue"
)
_USED = Sql(
    "SELECT u.kid, u.issued_at_s, u.sequence FROM token_key k JOIN token_use u "
    "ON u.community_id = k.community_id AND u.kid = k.kid AND u.serial = :serial "
    "WHERE k.community_id = :community_id AND k.key_class = :key_class "
    "AND u.request_id = :request_id AND u.outcome = 'used' "
    "AND u.issued_at_s * 1000000 BETWEEN k.not_before AND k.not_after"
)


def issue_dynamic(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    serial: int,
    *,
    at: int,
    purpose: str = "dyn",
) -> str:
    """The 255 digits of a phone code for card `serial`, alive for 60 seconds from `at`.

    No two calls ever give the same code: the running number comes from a row that one
    transaction at a time can raise. Whether the card is alive is asked when the code is shown.
    Refusals: token_purpose_unknown, token_no_signing_key, keys_master_wrong.
    """
    key_class = PHONE_PURPOSES.get(purpose)
    if key_class is None:
        raise Refusal("token_purpose_unknown")
    key = signing_key(tx, vault, community_id, key_class, at=at)
    issue = tx.get(_NEXT_ISSUE, community_id=community_id, serial=serial).last_issue
    return _code(key, serial=serial, issue=issue, at=at)


def used_code(
    tx: Tx, vault: KeyVault, community_id: int, request_id: str, *, serial: int
) -> str | None:
    """The 255 digits of card `serial`'s phone code that `request_id` used up, made again word for word: it is dead.

    None where the request used no such code, or its key was withdrawn since. Refusals: keys_master_wrong.
    """
    here = {"community_id": community_id, "serial": serial, "request_id": request_id}
    use = tx.find(_USED, **here, key_class=KeyClass.DYN.value)
    if use is None:
        return None
    at = int(use.issued_at_s) * SECOND_US
    key = key_of_then(tx, vault, community_id, int(use.kid), at=at)
    return None if key is None else _code(key, serial=serial, issue=int(use.sequence), at=at)


def issue_card_code(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    serial: int,
    issue: int,
    *,
    at: int,
) -> str:
    """The 255 digits for the printed card `serial`, `issue`, alive for three years from `at`.

    With `at` the card's time of issue, printing a card again gives the same code again.
    Refusals: token_no_signing_key, keys_master_wrong.
    """
    key = signing_key(tx, vault, community_id, KeyClass.CARD, at=at)
    return _code(key, serial=serial, issue=issue, at=at)


def card_number(serial: int) -> str:
    """The short number under a card's code, for typing by hand: `012345-` and a check character."""
    body = f"{serial:06d}"
    return f"{body}-{check_character(body)}"


def _code(key: SigningKey, *, serial: int, issue: int, at: int) -> str:
    issued_at_s = at // SECOND_US
    claims = Claims(
        issuer=key.public.community,
        issued_at_s=issued_at_s,
        expires_at_s=issued_at_s + CLASS_RULES[key.public.key_class].code_life_s,
        serial=serial,
        issue=issue,
    )
    return to_digits(sign(claims, key))
