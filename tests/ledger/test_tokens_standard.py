"""Programs that know only the standards (RFC 8392, RFC 9052, RFC 8037) read our codes and keys."""

from __future__ import annotations

import random
from base64 import urlsafe_b64decode
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cwt import COSE, CWT, COSEKey, VerifyError
from cwt.cose_key_interface import COSEKeyInterface
from pycose.headers import KID
from pycose.keys.okp import OKPKey
from pycose.messages.cosemessage import CoseMessage
from pycose.messages.sign1message import Sign1Message

from ledger.token_keys import KeyClass, KeySet, SigningKey, jwks, new_key, retire, thumbprint
from ledger.tokens import Claims, from_digits, sign
from tests.ledger.token_samples import ISSUER, KEYS, KEYSET, NOW_S, START_S, make_code, random_code

TOKENS = 1_000
Entry = dict[str, Any]


def private_half(key: SigningKey) -> bytes:
    assert isinstance(key.private, Ed25519PrivateKey)
    return key.private.private_bytes_raw()


def stock_key(entry: Entry) -> COSEKeyInterface:
    # JOSE names a key by text, COSE by bytes: ours is the number that the text spells.
    return COSEKey.from_jwk({**entry, "kid": bytes([int(entry["kid"])])})


@pytest.fixture(scope="module")
def published() -> list[Entry]:
    return jwks(KEYSET.keys)["keys"]


@pytest.fixture(scope="module")
def codes() -> list[str]:
    rng = random.Random(20260302)
    return [random_code(rng) for _ in range(TOKENS)]


def test_cwt_accepts_a_thousand_codes_with_the_published_keys(
    published: list[Entry], codes: list[str]
) -> None:
    keys = [stock_key(entry) for entry in published]
    reader = COSE.new(verify_kid=True)

    claims = [cbor2.loads(reader.decode(from_digits(code), keys)) for code in codes]

    assert len(claims) == TOKENS
    assert {frozenset(each) for each in claims} == {frozenset({1, 4, 6, 7})}
    assert {each[1] for each in claims} == {ISSUER}


def test_cwts_claim_reader_accepts_a_code_and_refuses_a_changed_one(published: list[Entry]) -> None:
    card = from_digits(make_code(KeyClass.CARD, issued_at_s=START_S))
    keys = [stock_key(entry) for entry in published]
    changed = card[:-1] + bytes([card[-1] ^ 1])

    # cwt asks the machine's clock; a generous leeway lets the test pass in any year.
    reader = CWT.new(leeway=10**9)

    claims = reader.decode(card, keys)

    assert claims[1] == ISSUER
    with pytest.raises(VerifyError, match="Failed to verify"):
        reader.decode(changed, keys)


def test_pycose_accepts_a_thousand_codes(codes: list[str]) -> None:
    stock = {
        key.kid: OKPKey(crv="ED25519", x=key.raw, optional_params={"KID": bytes([key.kid])})
        for key in KEYSET.keys
    }
    accepted = 0
    for code in codes:
        message = CoseMessage.decode(from_digits(code))
        assert isinstance(message, Sign1Message)
        message.key = stock[message.phdr[KID][0]]
        accepted += message.verify_signature()

    assert accepted == TOKENS


def test_our_bytes_equal_those_of_cwts_signer() -> None:
    for key_class, key in KEYS.items():
        private = COSEKey.new(
            {
                1: 1,
                2: bytes([key.public.kid]),
                3: -8,
                -1: 6,
                -2: key.public.raw,
                -4: private_half(key),
            }
        )
        payload = cbor2.dumps(
            {1: ISSUER, 4: NOW_S + 60, 6: NOW_S, 7: bytes.fromhex("000030390003")}
        )

        theirs = COSE.new().encode_and_sign(
            payload, private, protected={1: -8, 4: bytes([key.public.kid])}
        )

        assert sign(Claims(ISSUER, NOW_S, NOW_S + 60, 12_345, 3), key) == theirs, key_class


def test_cwt_accepts_p256_codes_too() -> None:
    key = new_key(KeyClass.CARD, community=ISSUER, kid=9, not_before_s=START_S, alg="ES256")
    entry = jwks([key.public])["keys"][0]
    code = make_code(KeyClass.CARD, key=key)

    claims = cbor2.loads(COSE.new(verify_kid=True).decode(from_digits(code), stock_key(entry)))

    assert (len(from_digits(code)), claims[1]) == (105, ISSUER)


@pytest.mark.parametrize("alg", ["EdDSA", "ES256"])
def test_the_same_words_under_the_same_key_are_the_same_code(alg: str) -> None:
    key = new_key(KeyClass.DYN, community=ISSUER, kid=9, not_before_s=START_S, alg=alg)
    claims = Claims(ISSUER, NOW_S, NOW_S + 60, 12_345, 3)

    assert sign(claims, key) == sign(claims, key)
    assert sign(claims, key) != sign(replace(claims, issue=4), key)


def test_the_published_key_set_reads_back_to_the_same_keys(published: list[Entry]) -> None:
    p256 = new_key(KeyClass.DYN, community=ISSUER, kid=200, not_before_s=START_S, alg="ES256")
    keys = (*KEYSET.keys, p256.public)

    assert KeySet.from_jwks(jwks(keys)).keys == keys
    assert {entry["kty"] for entry in published} == {"OKP"}
    assert {tuple(sorted(entry)) for entry in published} == {
        ("alg", "class", "community", "crv", "exp", "kid", "kty", "nbf", "use", "x")
    }
    assert all(len(urlsafe_b64decode(f"{entry['x']}=")) == 32 for entry in published)


def test_a_retired_key_is_no_longer_published() -> None:
    card = KEYS[KeyClass.CARD].public

    assert jwks([retire(card)]) == {"keys": []}


def test_no_private_half_is_ever_published() -> None:
    private = {private_half(key) for key in KEYS.values()}
    entries = jwks(key.public for key in KEYS.values())["keys"]

    assert not any("d" in entry for entry in entries)
    assert not private & {urlsafe_b64decode(f"{entry['x']}=") for entry in entries}


def test_a_foreign_or_mixed_up_key_set_is_not_taken(published: list[Entry]) -> None:
    for wrong in ({"kty": "EC"}, {"alg": "ES256"}, {"alg": "none"}, {"kid": "256"}, {"x": "AAAA"}):
        with pytest.raises(ValueError, match=r"\w"):
            KeySet.from_jwks({"keys": [{**published[0], **wrong}]})


def test_the_thumbprint_is_the_one_of_rfc_8037() -> None:
    example = {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "alg": "EdDSA",
        "kid": "1",
        "class": "card",
        "community": ISSUER,
        "nbf": START_S,
        "exp": NOW_S,
    }

    key = KeySet.from_jwks({"keys": [example]}).keys[0]

    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
