"""The signed code a resident shows: a CWT (RFC 8392) of 105 bytes, written as 255 digits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import cbor2

from ledger.errors import Refusal
from ledger.foreign_codes import kind_of, wallet_of
from ledger.token_keys import (
    ALGORITHMS,
    CLASS_RULES,
    KeyClass,
    KeySet,
    PublicKey,
    SigningKey,
    is_issuer,
)

PREFIX: Final = "71"
"""Version of the text form; no Chinese payment code starts with it."""
TOKEN_BYTES: Final = 105
TOKEN_DIGITS: Final = 255
SKEW_S: Final = 30
"""How far the clocks of server, phone and till may stand apart."""

_ON_PAPER: Final = frozenset({KeyClass.CARD, KeyClass.CRT})
_COSE_SIGN1: Final = 18
_HEADER_ALG, _HEADER_KID = 1, 4
_CLAIM_ISS, _CLAIM_EXP, _CLAIM_IAT, _CLAIM_CTI = 1, 4, 6, 7
_ALG_BY_COSE: Final = {algorithm.cose: name for name, algorithm in ALGORITHMS.items()}
_FIRST_BYTE: Final = 0xC0 | _COSE_SIGN1
# Every field has a fixed length, so every field has a fixed place. A reader that cuts at these
# places and demands that its own encoder gives the same 105 bytes back needs no CBOR parser on
# what a stranger holds up.
_ALG_AT, _KID_AT = 5, 8
_ISS: Final = slice(15, 19)
_EXP: Final = slice(21, 25)
_IAT: Final = slice(27, 31)
_SERIAL: Final = slice(33, 37)
_ISSUE: Final = slice(37, 39)
_SIGNATURE: Final = slice(41, 105)
_FIRST_TIME_S, _LAST_TIME_S = 1 << 16, (1 << 32) - 1
_SERIAL_MAX, _ISSUE_MAX = (1 << 32) - 1, (1 << 16) - 1

_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)


@dataclass(frozen=True)
class Claims:
    """What a code says: issuing community, from when to when (seconds UTC), which card and issue.

    On a card `issue` counts reissues of one serial; on a phone it numbers the codes of that serial.
    """

    issuer: str
    issued_at_s: int
    expires_at_s: int
    serial: int
    issue: int


@dataclass(frozen=True)
class UnverifiedToken:
    """A code of the right form that anybody might have made; believe it only after `verify`."""

    raw: bytes
    alg: str
    kid: int
    claims: Claims


@dataclass(frozen=True)
class Token:
    """A code whose signature, class and times hold.

    `kid`, `serial`, `issued_at_s` and `issue` together name it for ever.
    """

    kid: int
    key_class: KeyClass
    serial: int
    issue: int
    issued_at_s: int
    expires_at_s: int

    @property
    def is_single_use(self) -> bool:
        """Whether showing it once burns it: every code but those on paper, which a refusal leaves good."""
        return self.key_class not in _ON_PAPER

    @property
    def is_spare(self) -> bool:
        """Whether it was fetched ahead, for a phone without network: `issue` is its number on that day."""
        return self.key_class is KeyClass.VCH


def sign(claims: Claims, key: SigningKey) -> bytes:
    """The 105 bytes of a code; claims that do not fit the key are a bug and raise ValueError."""
    _check_fits(claims, key.public)
    head, payload = _protected(key.public.alg, key.public.kid), _payload(claims)
    raw = _join(head, payload, key.sign(_signed_part(head, payload)))
    if len(raw) != TOKEN_BYTES:
        msg = f"a code of {len(raw)} bytes would not fit its QR picture"
        raise ValueError(msg)
    return raw


def to_digits(raw: bytes) -> str:
    """The text that goes into the QR picture: the prefix and the bytes as one decimal number."""
    text = PREFIX + str(int.from_bytes(raw, "big"))
    if len(text) != TOKEN_DIGITS:
        msg = "only a whole code can be written as digits"
        raise ValueError(msg)
    return text


def from_digits(text: str) -> bytes:
    """The bytes behind a scanned or typed text; space around it is passed over.

    Refusals: token_not_a_code, token_foreign_wallet, those of `ledger.foreign_codes`, token_wrong_length,
    token_malformed.
    None carries the digits: what was scanned may be somebody's payment code.
    """
    digits = text.strip(" \t\r\n")
    wallet = wallet_of(digits)
    if wallet:
        raise Refusal("token_foreign_wallet", wallet=wallet)
    foreign = kind_of(digits)
    if foreign:
        raise Refusal(foreign)
    if not _DIGITS.fullmatch(digits):
        raise Refusal("token_not_a_code")
    if not digits.startswith(PREFIX):
        raise Refusal("token_not_a_code")
    if len(digits) != TOKEN_DIGITS:
        raise Refusal("token_wrong_length", length=len(digits))
    number = int(digits[len(PREFIX) :])
    if number >> (8 * (TOKEN_BYTES - 1)) != _FIRST_BYTE:
        raise Refusal("token_malformed")
    return number.to_bytes(TOKEN_BYTES, "big")


def read(text: str) -> UnverifiedToken:
    """Take a scanned text apart without cryptography, refusing whatever is not one of our codes.

    Refusals: those of `from_digits`.
    """
    return _read_bytes(from_digits(text))


def verify(
    unverified: UnverifiedToken,
    keyset: KeySet,
    *,
    now_s: int,
    classes_allowed: frozenset[str],
    issuer: str,
) -> Token:
    """Believe a code or refuse it: community, key, class, signature and time must all be right.

    Refusals: token_other_community, token_unknown_key, token_wrong_class,
    token_wrong_algorithm, token_bad_signature, token_key_retired, token_key_not_yet,
    token_malformed, token_from_future, token_expired.
    """
    claims = unverified.claims
    if claims.issuer != issuer:
        raise Refusal("token_other_community")
    key = _find_signer(unverified, _candidates(unverified, keyset, classes_allowed, issuer))
    _check_times(claims, key, now_s)
    return Token(
        kid=unverified.kid,
        key_class=key.key_class,
        serial=claims.serial,
        issue=claims.issue,
        issued_at_s=claims.issued_at_s,
        expires_at_s=claims.expires_at_s,
    )


def _check_fits(claims: Claims, key: PublicKey) -> None:
    life_s = claims.expires_at_s - claims.issued_at_s
    times_fit = _FIRST_TIME_S <= claims.issued_at_s < claims.expires_at_s <= _LAST_TIME_S
    key_signs = key.not_before_s <= claims.issued_at_s <= key.signs_until_s
    must_hold = (
        (claims.issuer == key.community, "the key belongs to another community"),
        (times_fit, "times out of range"),
        (life_s <= CLASS_RULES[key.key_class].code_life_s, "the code would outlive its class"),
        (key_signs and not key.retired, "the key does not sign at this time"),
        (0 <= claims.serial <= _SERIAL_MAX, "the serial does not fit 32 bits"),
        (0 <= claims.issue <= _ISSUE_MAX, "the issue does not fit 16 bits"),
    )
    for holds, reason in must_hold:
        if not holds:
            raise ValueError(reason)


def _protected(alg: str, kid: int) -> bytes:
    return cbor2.dumps({_HEADER_ALG: ALGORITHMS[alg].cose, _HEADER_KID: bytes([kid])})


def _payload(claims: Claims) -> bytes:
    return cbor2.dumps(
        {
            _CLAIM_ISS: claims.issuer,
            _CLAIM_EXP: claims.expires_at_s,
            _CLAIM_IAT: claims.issued_at_s,
            _CLAIM_CTI: claims.serial.to_bytes(4, "big") + claims.issue.to_bytes(2, "big"),
        },
    )


def _join(head: bytes, payload: bytes, signature: bytes) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(_COSE_SIGN1, [head, {}, payload, signature]))


def _signed_part(head: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", head, b"", payload])


def _read_bytes(raw: bytes) -> UnverifiedToken:
    # A small negative number n is one byte, 0x20 | (-1 - n).
    alg = _ALG_BY_COSE.get(0x1F - raw[_ALG_AT])
    issuer = raw[_ISS].decode("ascii", errors="replace")
    if alg is None or not is_issuer(issuer):
        raise Refusal("token_malformed")
    claims = Claims(
        issuer=issuer,
        issued_at_s=int.from_bytes(raw[_IAT], "big"),
        expires_at_s=int.from_bytes(raw[_EXP], "big"),
        serial=int.from_bytes(raw[_SERIAL], "big"),
        issue=int.from_bytes(raw[_ISSUE], "big"),
    )
    unverified = UnverifiedToken(raw=raw, alg=alg, kid=raw[_KID_AT], claims=claims)
    again = _join(_protected(alg, unverified.kid), _payload(claims), raw[_SIGNATURE])
    if again != raw or claims.issued_at_s >= claims.expires_at_s:
        raise Refusal("token_malformed")
    return unverified


def _candidates(
    unverified: UnverifiedToken,
    keyset: KeySet,
    classes_allowed: frozenset[str],
    issuer: str,
) -> list[PublicKey]:
    known = [key for key in keyset.find(unverified.kid) if key.community == issuer]
    if not known:
        raise Refusal("token_unknown_key", kid=unverified.kid)
    allowed = [key for key in known if key.key_class in classes_allowed]
    if not allowed:
        raise Refusal("token_wrong_class", key_class=known[0].key_class)
    agreeing = [key for key in allowed if key.alg == unverified.alg]
    if not agreeing:
        raise Refusal("token_wrong_algorithm", kid=unverified.kid)
    return agreeing


def _find_signer(unverified: UnverifiedToken, candidates: list[PublicKey]) -> PublicKey:
    claims = unverified.claims
    message = _signed_part(_protected(unverified.alg, unverified.kid), _payload(claims))
    for key in candidates:
        if key.is_signature(unverified.raw[_SIGNATURE], message):
            return key
    raise Refusal("token_bad_signature", kid=unverified.kid)


def _check_times(claims: Claims, key: PublicKey, now_s: int) -> None:
    if key.retired or now_s > key.expires_at_s + SKEW_S:
        raise Refusal("token_key_retired", kid=key.kid)
    if claims.issued_at_s < key.not_before_s or now_s + SKEW_S < key.not_before_s:
        raise Refusal("token_key_not_yet", kid=key.kid)
    if claims.expires_at_s - claims.issued_at_s > CLASS_RULES[key.key_class].code_life_s:
        raise Refusal("token_malformed")
    if claims.issued_at_s > now_s + SKEW_S:
        raise Refusal("token_from_future", issued_at_s=claims.issued_at_s)
    if now_s > claims.expires_at_s + SKEW_S:
        raise Refusal("token_expired", expires_at_s=claims.expires_at_s, key_class=key.key_class)
