"""What every act written again has in common: what was told, what came out otherwise, and what must wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from ledger import tokens
from ledger.book.facts import Use
from ledger.certificates.rules import read_number
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.token_keys import KeyClass
from ledger.tokens import Token
from pos.scan import Scan, scan_code

APPLIED: Final = "applied"
KNOWN: Final = "known"

_LONGEST_CODE_S: Final = 2 * 86_400
"""A code that lived longer was a printed card's; a phone's lives for a minute, a voucher's for a day."""


class Difference(NamedTuple):
    """One thing that came out otherwise than the till was told."""

    name: str
    told: str
    found: str


class Outcome(NamedTuple):
    """How an act came back: written now, or there already."""

    state: str
    differences: tuple[Difference, ...] = ()


Ended = Callable[[Tx, Outcome], None]
"""Marks the line as done, in the transaction of the act itself."""


class AsideError(Exception):
    """The act cannot be written yet, or not without people; `code` says why. It stays, and is tried again."""

    def __init__(self, code: str) -> None:
        """Name why."""
        super().__init__(code)
        self.code = code


class ShortError(Exception):
    """The wallet lacks points that it had: what brought them may come later, or is lost."""


class Told(NamedTuple):
    """What the till was told: facts as the request's row keeps them, the balance beside them, when, and who sold.

    `at` in microseconds UTC. `is_proven`: the server's own mark was on the answer.
    """

    facts: Mapping[str, Any]
    balance_units: int | None
    at: int
    is_proven: bool


def scan_of(terms: Terms, text: str, *, occurred_at: int, told: Told) -> tuple[Scan, str]:
    """The code as the server saw it then, and why it would not be believed any more ('' where it would).

    A code that was believed under a key that is lost is taken at its word, where the answer bears our own mark.
    Raises AsideError where nothing proves that it was believed, and for a certificate: whether its points are still set
    aside, people look up.
    """
    if read_number(text) is not None:
        raise AsideError("certificate_by_hand")
    for at in (occurred_at, told.at):
        scan = scan_code(terms, text, at=at)
        if scan.token is not None:
            return scan, ""
    code = "" if scan.refusal is None else scan.refusal.code
    if not told.is_proven:
        raise AsideError(code)
    if scan.refusal is not None and scan.refusal.facts.get("key_class") == KeyClass.CRT:
        raise AsideError("certificate_by_hand")
    claims = tokens.read(text).claims
    life_s = claims.expires_at_s - claims.issued_at_s
    token = Token(
        kid=scan.use.kid,
        key_class=KeyClass.CARD if life_s > _LONGEST_CODE_S else KeyClass.DYN,
        serial=claims.serial,
        issue=claims.issue,
        issued_at_s=claims.issued_at_s,
        expires_at_s=claims.expires_at_s,
    )
    return Scan(Use(*scan.use), token, None), code


def known_outcome(
    kept: Row | None, kind: str, body_hash: bytes, told: Told, names: Iterable[str]
) -> Outcome | None:
    """The outcome where the book has the request already; None where it is new or still open.

    Raises AsideError where the book has it with another content, or as a refusal.
    """
    if kept is None:
        return None
    if kept.kind != kind or bytes(kept.body_hash) != body_hash:
        raise AsideError("request_id_reused")
    if kept.outcome == "open":
        return None
    if kept.outcome == "refused":
        raise AsideError("refused_before")
    return Outcome(KNOWN, differences_of(told.facts, json.loads(kept.response), names))


def differences_of(
    told: Mapping[str, Any], found: Mapping[str, Any], names: Iterable[str]
) -> tuple[Difference, ...]:
    """Where `found` is not what was told, among `names`."""
    return tuple(
        Difference(name, str(told.get(name)), str(found.get(name)))
        for name in names
        if told.get(name) != found.get(name)
    )


def as_aside(refusal: Refusal) -> AsideError:
    """A refusal of a step that people can put right, as what the act waits for."""
    return AsideError(refusal.code)
