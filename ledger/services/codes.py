"""A voucher's signed code: the same 105 bytes as a resident's, under a class of its own, with the voucher's serial.

It names no person and no service: whoever photographs it learns that there is a voucher, and nothing else.
"""

from __future__ import annotations

from typing import Final

from ledger import tokens
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_bounds, day_from_key
from ledger.errors import Refusal
from ledger.members import keys
from ledger.members.key_vault import KeyVault
from ledger.services.rules import read_number
from ledger.sql import Tx
from ledger.token_keys import KeyClass, KeySet

CLASSES: Final = frozenset({KeyClass.SVC.value})


def code_of(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    issuer: str,
    *,
    serial: int,
    last_day: int,
    timezone: str,
    at: int,
) -> str:
    """The digits of a voucher's QR picture, good until the end of its last day (yyyymmdd).

    Refuses: token_no_signing_key, voucher_expired.
    """
    ends = day_bounds(day_from_key(last_day), timezone)[1] // SECOND_US - 1
    now_s = at // SECOND_US
    if ends <= now_s:
        raise Refusal("voucher_expired", last_day=last_day)
    signer = keys.signing_key(tx, vault, community_id, KeyClass.SVC, at=at)
    claims = tokens.Claims(issuer, now_s, ends, serial, 1)
    return tokens.to_digits(tokens.sign(claims, signer))


def serial_of(text: str, keyset: KeySet, *, issuer: str, at: int) -> int:
    """The serial of a scanned code or of a typed number.

    A code that has ended is believed all the same: what became of its voucher the book knows better.
    Refuses: voucher_number_wrong, and the token's refusals where a code was scanned.
    """
    digits = "".join(text.split())
    if len(digits) != tokens.TOKEN_DIGITS:
        serial = read_number(digits)
        if serial is None:
            raise Refusal("voucher_number_wrong")
        return serial
    unverified = tokens.read(digits)
    now_s = min(at // SECOND_US, unverified.claims.expires_at_s)
    token = tokens.verify(unverified, keyset, now_s=now_s, classes_allowed=CLASSES, issuer=issuer)
    return token.serial
