"""The keys behind residents' codes: classes, algorithms and the published key set (RFC 8037)."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KID_MAX: Final = 255
_ISSUER_LENGTH: Final = 4
_P256_HALF: Final = 32
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

PrivateKey: TypeAlias = Ed25519PrivateKey | ec.EllipticCurvePrivateKey
PublicKeyObject: TypeAlias = Ed25519PublicKey | ec.EllipticCurvePublicKey


class KeyClass(StrEnum):
    """What a key's signatures are for; no class stands in for another."""

    CARD = "card"  # printed card, years
    DYN = "dyn"  # on a phone, "present for this sale", a minute
    EARN = "earn"  # on a phone, may only collect points, a minute
    VCH = "vch"  # fetched ahead for a phone without network, a day
    SVC = "svc"  # a voucher for one service, until its last day
    CRT = "crt"  # a certificate on paper, for one purchase at one kind of shop
    LIST = "list"  # status lists, never shown at a till


class ClassRule(NamedTuple):
    """How long a class's codes may live and how long one of its keys signs, in seconds."""

    code_life_s: int
    signing_s: int


_DAY_S: Final = 86_400
CLASS_RULES: Final[Mapping[KeyClass, ClassRule]] = {
    KeyClass.CARD: ClassRule(code_life_s=1_096 * _DAY_S, signing_s=365 * _DAY_S),
    KeyClass.DYN: ClassRule(code_life_s=60, signing_s=14 * _DAY_S),
    KeyClass.EARN: ClassRule(code_life_s=60, signing_s=14 * _DAY_S),
    KeyClass.VCH: ClassRule(code_life_s=_DAY_S, signing_s=14 * _DAY_S),
    KeyClass.SVC: ClassRule(code_life_s=400 * _DAY_S, signing_s=365 * _DAY_S),
    KeyClass.CRT: ClassRule(code_life_s=92 * _DAY_S, signing_s=182 * _DAY_S),
    KeyClass.LIST: ClassRule(code_life_s=_DAY_S, signing_s=365 * _DAY_S),
}


class Algorithm(NamedTuple):
    """A signature algorithm: COSE number, JWK words and use; every signature has 64 bytes."""

    cose: int
    kty: str
    crv: str
    make: Callable[[], Any]
    sign: Callable[[Any, bytes], bytes]
    verify: Callable[[Any, bytes, bytes], None]
    load: Callable[[bytes], Any]
    dump: Callable[[Any], bytes]


def _sign_p256(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    # RFC 6979: the same words under the same key are the same code again, as with Ed25519.
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))
    return r.to_bytes(_P256_HALF, "big") + s.to_bytes(_P256_HALF, "big")


def _verify_p256(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> None:
    r = int.from_bytes(signature[:_P256_HALF], "big")
    s = int.from_bytes(signature[_P256_HALF:], "big")
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
        raise InvalidSignature
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))


def _dump_p256(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]


ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    "EdDSA": Algorithm(
        cose=-8,
        kty="OKP",
        crv="Ed25519",
        make=Ed25519PrivateKey.generate,
        sign=lambda key, message: key.sign(message),
        verify=lambda key, signature, message: key.verify(signature, message),
        load=Ed25519PublicKey.from_public_bytes,
        dump=lambda key: key.public_bytes(Encoding.Raw, PublicFormat.Raw),
    ),
    "ES256": Algorithm(
        cose=-7,
        kty="EC",
        crv="P-256",
        make=lambda: ec.generate_private_key(ec.SECP256R1()),
        sign=_sign_p256,
        verify=_verify_p256,
        load=lambda raw: ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), b"\x04" + raw
        ),
        dump=_dump_p256,
    ),
}
"""The algorithm is a fact of the key, never a choice of the code.

ES256 is for tablets whose browser lacks Ed25519.
"""


@dataclass(frozen=True)
class PublicKey:
    """One key as everybody may know it; times are seconds UTC, checking ends at `expires_at_s`."""

    community: str
    kid: int
    key_class: KeyClass
    alg: str
    raw: bytes
    not_before_s: int
    expires_at_s: int
    retired: bool = False

    def __post_init__(self) -> None:
        """Refuse, as a bug, a key that could not stand in a code or in the key set."""
        if not 0 <= self.kid <= KID_MAX or self.alg not in ALGORITHMS:
            msg = f"key {self.kid} with algorithm {self.alg!r} cannot be used for codes"
            raise ValueError(msg)
        if not is_issuer(self.community):
            msg = "an issuer is four ASCII letters or digits"
            raise ValueError(msg)

    @property
    def signs_until_s(self) -> int:
        """The last second to issue a code with this key, so that the code ends first."""
        return self.expires_at_s - CLASS_RULES[self.key_class].code_life_s

    @cached_property
    def _loaded(self) -> PublicKeyObject:
        loaded: PublicKeyObject = ALGORITHMS[self.alg].load(self.raw)
        return loaded

    def is_signature(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` over `message` was made with this key's private half."""
        try:
            ALGORITHMS[self.alg].verify(self._loaded, signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A public key together with its private half."""

    public: PublicKey
    private: PrivateKey

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return ALGORITHMS[self.public.alg].sign(self.private, message)


class KeySet:
    """The public keys a till knows, found by the one-byte key id."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        """Keep the keys; two may share an id, then each is tried."""
        self.keys: Final = tuple(keys)
        self._by_kid: Final[dict[int, tuple[PublicKey, ...]]] = {}
        for key in self.keys:
            self._by_kid[key.kid] = (*self._by_kid.get(key.kid, ()), key)

    def find(self, kid: int) -> tuple[PublicKey, ...]:
        """All keys with this id; none is an answer."""
        return self._by_kid.get(kid, ())

    @classmethod
    def from_jwks(cls, document: Mapping[str, Any]) -> KeySet:
        """Read a published key set; a key that is not one of ours raises ValueError."""
        return cls(_from_jwk(entry) for entry in document["keys"])


def is_issuer(text: str) -> bool:
    """Whether `text` may stand as the issuer of a code: four ASCII letters or digits."""
    return len(text) == _ISSUER_LENGTH and text.isascii() and text.isalnum()


def new_key(
    key_class: KeyClass, *, community: str, kid: int, not_before_s: int, alg: str = "EdDSA"
) -> SigningKey:
    """Make a key that signs for its class's time and is checked until its last code has ended."""
    rule = CLASS_RULES[key_class]
    private = ALGORITHMS[alg].make()
    public = PublicKey(
        community=community,
        kid=kid,
        key_class=key_class,
        alg=alg,
        raw=ALGORITHMS[alg].dump(private.public_key()),
        not_before_s=not_before_s,
        expires_at_s=not_before_s + rule.signing_s + rule.code_life_s,
    )
    return SigningKey(public, private)


def retire(key: PublicKey) -> PublicKey:
    """The same key marked as no longer accepted."""
    return replace(key, retired=True)


def jwks(keys: Iterable[PublicKey]) -> dict[str, list[dict[str, str | int]]]:
    """The key set to publish: every key not retired, with its class, community and times."""
    return {"keys": [_to_jwk(key) for key in keys if not key.retired]}


def thumbprint(key: PublicKey) -> str:
    """The key's name by content (RFC 7638), for people to compare."""
    required = json.dumps(_key_members(key), sort_keys=True, separators=(",", ":"))
    return _b64(hashlib.sha256(required.encode()).digest())


def _key_members(key: PublicKey) -> dict[str, str]:
    algorithm = ALGORITHMS[key.alg]
    members = {"kty": algorithm.kty, "crv": algorithm.crv}
    if algorithm.kty == "OKP":
        return members | {"x": _b64(key.raw)}
    return members | {"x": _b64(key.raw[:_P256_HALF]), "y": _b64(key.raw[_P256_HALF:])}


def _to_jwk(key: PublicKey) -> dict[str, str | int]:
    return {
        **_key_members(key),
        "use": "sig",
        "alg": key.alg,
        "kid": str(key.kid),
        "class": key.key_class.value,
        "community": key.community,
        "nbf": key.not_before_s,
        "exp": key.expires_at_s,
    }


def _from_jwk(entry: Mapping[str, Any]) -> PublicKey:
    key = PublicKey(
        community=str(entry["community"]),
        kid=int(entry["kid"]),
        key_class=KeyClass(entry["class"]),
        alg=str(entry["alg"]),
        raw=_unb64(entry["x"]) + _unb64(entry.get("y", "")),
        not_before_s=int(entry["nbf"]),
        expires_at_s=int(entry["exp"]),
    )
    algorithm = ALGORITHMS[key.alg]
    if (entry["kty"], entry["crv"]) != (algorithm.kty, algorithm.crv):
        msg = f"key {key.kid} says {key.alg} but is of another kind"
        raise ValueError(msg)
    algorithm.load(key.raw)
    return key


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
