"""The signed list of cards: exact, small, believed only from the right key and while it is fresh."""

import random
import zlib

import cbor2
import pytest
from cwt import COSE, COSEKey

from ledger.errors import Refusal
from ledger.offline.status_list import (
    REVOKED,
    SUSPENDED,
    VALID,
    StatusList,
    read_list,
    sign_list,
)
from ledger.token_keys import KeyClass, KeySet, SigningKey, jwks, new_key, retire

AT_S = 1_772_424_000
KEY = new_key(KeyClass.LIST, community="CA01", kid=9, not_before_s=AT_S - 100)


def signed(
    flagged: dict[int, int], issues: dict[int, int], size: int, key: SigningKey = KEY
) -> bytes:
    return sign_list(flagged, issues, size, key, made_at_s=AT_S, life_s=86_400, ttl_s=600)


def read(raw: bytes, key: SigningKey = KEY, *, now_s: int = AT_S) -> StatusList:
    return read_list(raw, KeySet([key.public]), issuer="CA01", now_s=now_s)


def test_every_card_stands_as_it_was_put_down() -> None:
    drawn = random.Random(20_260_302)
    flagged = {
        serial: drawn.choice((REVOKED, SUSPENDED)) for serial in drawn.sample(range(30_000), 400)
    }
    issues = {serial: drawn.randrange(2, 300) for serial in drawn.sample(range(30_000), 200)}

    found = read(signed(flagged, issues, 30_000))

    assert all(found.status_of(serial) == flagged.get(serial, VALID) for serial in range(30_000))
    assert dict(found.issues) == issues
    assert found.status_of(50_000) == VALID


def test_an_older_issue_is_dead_and_the_newest_is_good() -> None:
    found = read(signed({7: REVOKED}, {5: 3}, 10))

    assert not found.is_good(5, 2)
    assert found.is_good(5, 3)
    assert found.is_good(6, 1)
    assert not found.is_good(7, 1)


def test_thirty_thousand_cards_with_four_hundred_marked_take_little_over_a_kilobyte() -> None:
    drawn = random.Random(1)
    flagged = dict.fromkeys(drawn.sample(range(30_000), 300), REVOKED)
    flagged |= dict.fromkeys(drawn.sample(range(30_000), 100), SUSPENDED)

    assert len(signed(flagged, {}, 30_000)) < 1_200


def test_a_stock_library_believes_it_too() -> None:
    raw = signed({3: REVOKED}, {}, 8)
    [jwk] = jwks([KEY.public])["keys"]
    stock = COSEKey.from_jwk({key: jwk[key] for key in ("kty", "crv", "x", "alg")} | {"kid": "\t"})

    claims = cbor2.loads(COSE.new().decode(raw, stock))

    assert claims[65533]["bits"] == 2
    assert zlib.decompress(claims[65533]["lst"])[0] == REVOKED << 6


def test_what_was_changed_or_signed_by_another_is_not_believed() -> None:
    raw = signed({3: REVOKED}, {3: 2}, 8)
    other = new_key(KeyClass.LIST, community="CA01", kid=9, not_before_s=AT_S - 100)
    card = new_key(KeyClass.CARD, community="CA01", kid=9, not_before_s=AT_S - 100)
    strange = [
        raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :] for place in range(len(raw))
    ]
    for bad in [*strange, b"", raw[:-1]]:
        with pytest.raises(Refusal) as refused:
            read(bad)
        assert refused.value.code == "status_list_bad"
    for keys in ([other.public], [card.public], [retire(KEY.public)], []):
        with pytest.raises(Refusal) as refused:
            read_list(raw, KeySet(keys), issuer="CA01", now_s=AT_S)
        assert refused.value.code == "status_list_bad"
    with pytest.raises(ValueError, match="its own class"):
        signed({}, {}, 1, card)


def test_a_list_a_day_old_is_too_old() -> None:
    raw = signed({}, {}, 8)

    assert read(raw, now_s=AT_S + 86_400)
    with pytest.raises(Refusal) as refused:
        read(raw, now_s=AT_S + 86_401)
    assert refused.value.code == "status_list_old"
