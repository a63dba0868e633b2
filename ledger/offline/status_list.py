"""The signed list of cards that are not good: a Token Status List (two bits a card, deflated) in a CWT.

A till checks a code against it without network. The index is the card's serial. A printed card whose serial was issued
anew is good in its newest issue alone; those issues stand beside the bits, as a claim of our own.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import cbor2

from ledger.errors import Refusal
from ledger.token_keys import ALGORITHMS, KeyClass, KeySet, SigningKey

VALID: Final = 0
REVOKED: Final = 1
SUSPENDED: Final = 2
BITS: Final = 2
TYPE: Final = "application/statuslist+cwt"

_COSE_SIGN1: Final = 18
_ALG, _KID, _TYP = 1, 4, 16
_ISS, _EXP, _IAT = 1, 4, 6
_TTL, _LIST = 65534, 65533
_ISSUES: Final = -70001
"""Our own claim: zlib over pairs of varints, (serial - serial before it, newest issue), for issues above 1."""
_PER_BYTE: Final = 8 // BITS
_MORE: Final = 0x80
"""The bit of a varint's byte that says another one follows."""
_MOST_BYTES: Final = 4_000_000


class StatusList(NamedTuple):
    """A list as it was read and believed; `issues` holds the newest issue of each serial that was issued anew."""

    issuer: str
    made_at_s: int
    expires_at_s: int
    statuses: bytes
    issues: Mapping[int, int]

    def status_of(self, serial: int) -> int:
        """The two bits of a serial; beyond the list's end a card is not known to be bad."""
        place, shift = divmod(serial, _PER_BYTE)
        if place >= len(self.statuses):
            return VALID
        return (self.statuses[place] >> (shift * BITS)) & (2**BITS - 1)

    def is_good(self, serial: int, issue: int) -> bool:
        """Whether a printed card of that issue is good by this list."""
        return self.status_of(serial) == VALID and issue >= self.issues.get(serial, 1)


def pack(flagged: Mapping[int, int], size: int) -> bytes:
    """The bits of `size` serials from 0 on; `flagged` maps a serial to its status, every other is valid."""
    packed = bytearray(-(-size // _PER_BYTE))
    for serial, status in flagged.items():
        place, shift = divmod(serial, _PER_BYTE)
        packed[place] |= status << (shift * BITS)
    return bytes(packed)


def sign_list(
    flagged: Mapping[int, int],
    issues: Mapping[int, int],
    size: int,
    key: SigningKey,
    *,
    made_at_s: int,
    life_s: int,
    ttl_s: int,
) -> bytes:
    """The list as a CWT (draft-ietf-oauth-status-list), signed with a key of class `list`; ValueError for another."""
    public = key.public
    if public.key_class is not KeyClass.LIST:
        raise ValueError("a status list is signed with a key of its own class")
    head = cbor2.dumps({_ALG: ALGORITHMS[public.alg].cose, _KID: bytes([public.kid]), _TYP: TYPE})
    payload = cbor2.dumps(
        {
            _ISS: public.community,
            _EXP: made_at_s + life_s,
            _IAT: made_at_s,
            _TTL: ttl_s,
            _LIST: {"bits": BITS, "lst": zlib.compress(pack(flagged, size), 9)},
            _ISSUES: zlib.compress(_write_issues(issues), 9),
        }
    )
    signature = key.sign(_signed_part(head, payload))
    return _join(head, payload, signature)


def read_list(raw: bytes, keyset: KeySet, *, issuer: str, now_s: int) -> StatusList:
    """Believe a list or refuse it.

    Refusals: status_list_bad (form, key or signature), status_list_old.
    """
    try:
        head, _, payload, signature = cbor2.loads(raw).value
        if _join(head, payload, signature) != raw:
            raise Refusal("status_list_bad")
        protected, claims = cbor2.loads(head), cbor2.loads(payload)
        kid, cose = protected[_KID][0], protected[_ALG]
        keys = [
            key
            for key in keyset.find(kid)
            if key.key_class is KeyClass.LIST
            and key.community == issuer
            and not key.retired
            and ALGORITHMS[key.alg].cose == cose
        ]
        signed = _signed_part(head, payload)
        if protected[_TYP] != TYPE or not any(key.is_signature(signature, signed) for key in keys):
            raise Refusal("status_list_bad")
        entry = claims[_LIST]
        if claims[_ISS] != issuer or entry["bits"] != BITS:
            raise Refusal("status_list_bad")
        found = StatusList(
            issuer=claims[_ISS],
            made_at_s=claims[_IAT],
            expires_at_s=claims[_EXP],
            statuses=_unzip(entry["lst"]),
            issues=dict(_read_issues(_unzip(claims[_ISSUES]))),
        )
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        EOFError,
        zlib.error,
    ) as error:
        raise Refusal("status_list_bad") from error
    if now_s > found.expires_at_s:
        raise Refusal("status_list_old")
    return found


def _join(head: bytes, payload: bytes, signature: bytes) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(_COSE_SIGN1, [head, {}, payload, signature]))


def _signed_part(head: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", head, b"", payload])


def _unzip(packed: bytes) -> bytes:
    reader = zlib.decompressobj()
    found = reader.decompress(packed, _MOST_BYTES)
    if not reader.eof:
        raise ValueError("the list does not end")
    return found


def _write_issues(issues: Mapping[int, int]) -> bytes:
    out, before = bytearray(), 0
    for serial in sorted(issues):
        out += _varint(serial - before) + _varint(issues[serial])
        before = serial
    return bytes(out)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= _MORE:
        out.append(value % _MORE | _MORE)
        value >>= 7
    return bytes([*out, value])


def _read_issues(packed: bytes) -> Iterable[tuple[int, int]]:
    numbers, value, shift = [], 0, 0
    for byte in packed:
        value |= byte % _MORE << shift
        shift += 7
        if byte < _MORE:
            numbers.append(value)
            value = shift = 0
    serial = 0
    for step, issue in zip(numbers[::2], numbers[1::2], strict=True):
        serial += step
        yield serial, issue
