"""A resident's code: what is accepted, what is refused, and under which word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Refusal
from ledger.token_keys import KeyClass, KeySet, new_key, retire
from ledger.tokens import TOKEN_BYTES, Claims, from_digits, sign, to_digits
from tests.ledger.token_samples import (
    ISSUER,
    KEYS,
    KEYSET,
    NOW_S,
    START_S,
    believe,
    make_code,
)

DAY_S = 86_400


def refusal_of(text: str, **how: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        believe(text, **how)
    return caught.value


def test_a_code_shown_in_time_names_its_card_and_class() -> None:
    token = believe(make_code(serial=4_000_000_000, issue=65_535))

    assert (token.serial, token.issue, token.key_class) == (4_000_000_000, 65_535, "dyn")
    assert (token.issued_at_s, token.expires_at_s) == (NOW_S, NOW_S + 60)
    assert token.is_single_use


def test_a_printed_card_is_read_for_three_years_and_not_burned_by_showing_it() -> None:
    text = make_code(KeyClass.CARD)

    assert not believe(text, now_s=NOW_S + 1_095 * DAY_S).is_single_use
    assert refusal_of(text, now_s=NOW_S + 1_097 * DAY_S).code == "token_expired"


def test_digits_and_bytes_are_two_spellings_of_one_code() -> None:
    text = make_code()
    raw = from_digits(text)

    assert (len(raw), len(text), text[:2]) == (105, 255, "71")
    assert to_digits(raw) == text
    assert from_digits(f" {text}\r\n") == raw


FOREIGN_CODES = {
    "134567890123456789": "token_foreign_wallet",  # WeChat, 18 digits, 10 to 15
    "100000000000000001": "token_foreign_wallet",
    "159999999999999999": "token_foreign_wallet",
    "2512345678901234": "token_foreign_wallet",  # Alipay, 16 to 24 digits, 25 to 30
    "281234567890123456": "token_foreign_wallet",
    "301234567890123456789012": "token_foreign_wallet",
    "6212345678901234567": "token_foreign_wallet",  # UnionPay, 19 digits, 62
    "163456789012345678": "token_not_a_code",  # 18 digits that no wallet uses
    "wxp://f2f0AbCdEf": "token_foreign_wallet",  # what a WeChat shop hangs on the wall
    "https://qr.alipay.com/fkx01234": "token_foreign_wallet",
    "110105194912310021": "token_foreign_wallet",  # an identity number but for its check sign
    "11010519491231002X": "token_id_card",
    "34052419800101001X": "token_id_card",
    "4012888888881881": "token_bank_card",
    "13800138000": "token_phone_number",
    "6901234567892": "token_goods",  # the bar code on a carton of milk
    "https://u.wechat.com/abc": "token_link",
    "https://jkm.example.cn/c?id=1": "token_health_code",
    "HC1:6BF+70790T9WJWG.FKY*4GO0": "token_health_code",
    "": "token_not_a_code",
}


@pytest.mark.parametrize(("text", "code"), FOREIGN_CODES.items())
def test_a_foreign_code_is_called_by_its_kind_and_never_repeated(text: str, code: str) -> None:
    refusal = refusal_of(text)

    assert refusal.code == code
    assert not text or text not in str(refusal)


def test_the_wallet_is_named_so_that_the_clerk_can_say_it() -> None:
    assert refusal_of("134567890123456789").facts == {"wallet": "wechat"}
    assert refusal_of("281234567890123456").facts == {"wallet": "alipay"}


def test_half_a_scan_is_told_from_a_foreign_code() -> None:
    text = make_code()

    assert refusal_of(text[:-1]).code == "token_wrong_length"
    assert refusal_of(text + "0").code == "token_wrong_length"
    assert refusal_of("71" * 5_000).facts == {"length": 10_000}


def test_digits_of_another_alphabet_are_not_a_code() -> None:
    full_width = make_code().translate({ord("0") + n: 0xFF10 + n for n in range(10)})

    assert refusal_of(full_width).code == "token_not_a_code"


@pytest.mark.parametrize("key_class", [KeyClass.CARD, KeyClass.DYN, KeyClass.EARN])
def test_no_flipped_byte_is_ever_accepted(key_class: KeyClass) -> None:
    raw = from_digits(make_code(key_class))
    codes: dict[int, set[str]] = {}
    for place in range(TOKEN_BYTES):
        for mask in (0x01, 0x02, 0x10, 0x80, 0xFF):
            changed = bytearray(raw)
            changed[place] ^= mask
            text = "71" + str(int.from_bytes(changed, "big")).zfill(253)
            codes.setdefault(place, set()).add(refusal_of(text).code)

    assert all(codes[place] == {"token_bad_signature"} for place in range(41, 105))
    assert all(codes[place] == {"token_bad_signature"} for place in range(33, 39))
    assert codes[0] <= {"token_malformed", "token_wrong_length"}
    assert codes[8] <= {"token_bad_signature", "token_unknown_key"}
    assert codes[5] == {"token_wrong_algorithm", "token_malformed"}
    assert set().union(*codes.values()) <= {
        "token_malformed",
        "token_wrong_algorithm",
        "token_wrong_length",
        "token_other_community",
        "token_unknown_key",
        "token_bad_signature",
    }


def test_a_code_of_the_wrong_class_is_refused_although_its_signature_is_true() -> None:
    earn_only = make_code(KeyClass.EARN)
    may_pay = frozenset({"dyn", "card"})

    refusal = refusal_of(earn_only, classes_allowed=may_pay)

    assert (refusal.code, refusal.facts) == ("token_wrong_class", {"key_class": "earn"})
    assert believe(earn_only, classes_allowed=frozenset({"earn"})).key_class is KeyClass.EARN


def test_a_phone_code_lives_a_minute_and_half_a_minute_of_clock_error() -> None:
    text = make_code()

    assert believe(text, now_s=NOW_S + 90).serial == 12_345
    assert refusal_of(text, now_s=NOW_S + 91).code == "token_expired"


def test_a_code_from_the_future_is_refused_beyond_the_clock_error() -> None:
    text = make_code()

    assert believe(text, now_s=NOW_S - 30).serial == 12_345
    assert refusal_of(text, now_s=NOW_S - 31).code == "token_from_future"


def test_the_next_communitys_code_is_refused_as_such_even_under_a_known_key_id() -> None:
    theirs = new_key(KeyClass.DYN, community="ARCA", kid=2, not_before_s=START_S)
    text = make_code(key=theirs)
    both = KeySet([*KEYSET.keys, theirs.public])

    assert refusal_of(text).code == "token_other_community"
    assert refusal_of(text, keyset=both).code == "token_other_community"
    assert believe(text, keyset=both, issuer="ARCA").serial == 12_345


def test_an_unknown_key_and_a_forged_known_one_are_two_things() -> None:
    stranger = new_key(KeyClass.DYN, community=ISSUER, kid=99, not_before_s=START_S)
    forger = new_key(KeyClass.DYN, community=ISSUER, kid=2, not_before_s=START_S)

    assert refusal_of(make_code(key=stranger)).code == "token_unknown_key"
    assert refusal_of(make_code(key=forger)).code == "token_bad_signature"


def test_two_keys_of_one_id_are_both_tried() -> None:
    other = new_key(KeyClass.DYN, community=ISSUER, kid=2, not_before_s=START_S)
    both = KeySet([other.public, KEYS[KeyClass.DYN].public])

    assert believe(make_code(), keyset=both).kid == 2
    assert believe(make_code(key=other), keyset=both).kid == 2


def test_a_retired_key_takes_its_codes_with_it() -> None:
    retired = KeySet([retire(KEYS[KeyClass.CARD].public)])

    assert refusal_of(make_code(KeyClass.CARD), keyset=retired).code == "token_key_retired"


def test_a_key_is_not_believed_before_its_time() -> None:
    early = replace(KEYS[KeyClass.DYN].public, not_before_s=NOW_S + 1)

    assert refusal_of(make_code(), keyset=KeySet([early])).code == "token_key_not_yet"


def test_the_code_does_not_choose_its_algorithm() -> None:
    p256 = new_key(KeyClass.DYN, community=ISSUER, kid=2, not_before_s=START_S, alg="ES256")
    text = make_code(key=p256)

    assert refusal_of(text).code == "token_wrong_algorithm"
    assert believe(text, keyset=KeySet([p256.public])).serial == 12_345
    assert len(text) == 255


def test_a_code_that_outlives_its_class_is_refused_even_when_well_signed() -> None:
    long_lived = Claims(ISSUER, NOW_S, NOW_S + DAY_S, 7, 1)
    as_card = replace(
        KEYS[KeyClass.DYN],
        public=replace(
            KEYS[KeyClass.DYN].public,
            key_class=KeyClass.CARD,
            expires_at_s=START_S + 4 * 365 * DAY_S,
        ),
    )

    refusal = refusal_of(to_digits(sign(long_lived, as_card)))

    assert refusal.code == "token_malformed"


@pytest.mark.parametrize(
    "claims",
    [
        Claims("ARCA", NOW_S, NOW_S + 60, 1, 1),
        Claims(ISSUER, NOW_S, NOW_S + 61, 1, 1),
        Claims(ISSUER, NOW_S, NOW_S, 1, 1),
        Claims(ISSUER, START_S - 1, START_S + 1, 1, 1),
        Claims(ISSUER, NOW_S + 15 * DAY_S, NOW_S + 15 * DAY_S + 60, 1, 1),
        Claims(ISSUER, NOW_S, NOW_S + 60, 2**32, 1),
        Claims(ISSUER, NOW_S, NOW_S + 60, -1, 1),
        Claims(ISSUER, NOW_S, NOW_S + 60, 1, 2**16),
    ],
)
def test_claims_that_do_not_fit_are_never_signed(claims: Claims) -> None:
    with pytest.raises(ValueError, match=r"community|class|times|key|serial|issue"):
        sign(claims, KEYS[KeyClass.DYN])


def test_a_retired_key_signs_nothing() -> None:
    key = KEYS[KeyClass.DYN]

    with pytest.raises(ValueError, match="does not sign"):
        sign(Claims(ISSUER, NOW_S, NOW_S + 60, 1, 1), replace(key, public=retire(key.public)))


digit_texts = st.text("0123456789", min_size=253, max_size=253).map("71".__add__)
near_codes = st.tuples(
    st.binary(min_size=0, max_size=12), st.integers(0, 104), st.integers(0, 3)
).map(lambda change: _mutate(*change))


def _mutate(patch: bytes, place: int, cut: int) -> str:
    raw = bytearray(from_digits(make_code()))
    raw[place : place + len(patch) - cut] = patch
    raw[0] = 0xD2
    return "71" + str(int.from_bytes(raw[:TOKEN_BYTES].ljust(TOKEN_BYTES, b"\0"), "big"))


def outcome_of(text: str) -> int | str:
    try:
        return believe(text, classes_allowed=frozenset({"dyn"})).serial
    except Refusal as refusal:
        return refusal.code


@settings(max_examples=600, deadline=None)
@given(st.one_of(st.text(), st.text("0123456789"), digit_texts, near_codes))
def test_whatever_is_held_up_gives_an_answer_or_a_refusal(text: str) -> None:
    answer = outcome_of(text)

    assert answer == 12_345 or str(answer).startswith("token_")
