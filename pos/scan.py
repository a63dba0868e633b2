"""A code as an act sees it: believed, or refused with the reason kept until the request is known to be new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger import tokens
from ledger.book.facts import Use
from ledger.certificates.rules import MOST_SERIAL, read_number
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.token_keys import KeyClass
from ledger.tokens import Token, UnverifiedToken

CLASSES: Final = frozenset({"card", "dyn", "earn", "vch"})
"""What says who stands there; a certificate does not, and is taken by a sale alone."""

_FOR_A_SALE: Final = CLASSES | {KeyClass.CRT.value}
_TYPED: Final = 0
_ISSUE: Final = 1


@dataclass(frozen=True, slots=True)
class Scan:
    """A code as the checkout sees it: believed, or refused with the reason kept for later."""

    use: Use
    token: Token | None
    refusal: Refusal | None

    def believed(self) -> Token:
        """The token, or its refusal raised."""
        if self.token is None:
            raise self.refusal or Refusal("token_malformed")
        return self.token

    @property
    def is_certificate(self) -> bool:
        """Whether a certificate was shown, on paper or by its number."""
        return self.token is not None and self.token.key_class is KeyClass.CRT


def scan_code(terms: Terms, text: str, *, at: int) -> Scan:
    """Take a code apart and check its signature; the outcome waits until the request is known to be new."""
    return _scan(terms, text, CLASSES, at=at)


def scan_for_sale(terms: Terms, text: str, *, at: int) -> Scan:
    """As `scan_code`, and a certificate is taken too: its code, or its number as it was typed or read out.

    What became of a certificate the book knows, so a code past its last day is believed and refused there in words.
    """
    serial = read_number(text)
    if serial is not None:
        token = Token(_TYPED, KeyClass.CRT, serial, _ISSUE, _TYPED, MOST_SERIAL)
        return Scan(Use(_TYPED, serial, _TYPED, _TYPED), token, None)
    scan = _scan(terms, text, _FOR_A_SALE, at=at)
    said = scan.refusal
    if (
        said is not None
        and said.code == "token_expired"
        and said.facts.get("key_class") == KeyClass.CRT
    ):
        ended_at = tokens.read(text).claims.expires_at_s * SECOND_US
        return _scan(terms, text, _FOR_A_SALE, at=ended_at)
    return scan


def _scan(terms: Terms, text: str, classes: frozenset[str], *, at: int) -> Scan:
    unverified = tokens.read(text)
    use = _use_of(unverified)
    try:
        token = tokens.verify(
            unverified,
            terms.keyset,
            now_s=at // SECOND_US,
            classes_allowed=classes,
            issuer=terms.community.issuer,
        )
    except Refusal as refusal:
        return Scan(use, None, refusal)
    return Scan(use, token, None)


def _use_of(unverified: UnverifiedToken) -> Use:
    claims = unverified.claims
    return Use(unverified.kid, claims.serial, claims.issued_at_s, claims.issue)
