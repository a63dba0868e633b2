"""A certificate's signed code: the same 105 bytes as a resident's, under a class of its own, with its serial.

It names no person, no shop and no points: whoever photographs it learns that there is a certificate.
"""

from __future__ import annotations

from ledger import tokens
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_bounds, day_from_key
from ledger.members import keys
from ledger.members.key_vault import KeyVault
from ledger.sql import Tx
from ledger.token_keys import KeyClass


def code_of(
    tx: Tx,
    vault: KeyVault,
    community_id: int,
    issuer: str,
    *,
    serial: int,
    last_day: int,
    timezone: str,
    printed_at: int,
) -> str:
    """The digits of a certificate's QR picture, good until the end of its last day (yyyymmdd).

    With the time of printing, printing it again gives the same code again.
    Refusals: token_no_signing_key, keys_master_wrong.
    """
    ends_s = day_bounds(day_from_key(last_day), timezone)[1] // SECOND_US - 1
    signer = keys.signing_key(tx, vault, community_id, KeyClass.CRT, at=printed_at)
    claims = tokens.Claims(issuer, printed_at // SECOND_US, ends_s, serial, 1)
    return tokens.to_digits(tokens.sign(claims, signer))
