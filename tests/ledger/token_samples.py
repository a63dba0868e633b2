"""Keys and codes that the tests about codes share."""

from __future__ import annotations

import random
from typing import Final

from ledger.token_keys import CLASS_RULES, KeyClass, KeySet, SigningKey, new_key
from ledger.tokens import Claims, Token, read, sign, to_digits, verify

ISSUER: Final = "CHAN"
START_S: Final = 1_772_000_000
NOW_S: Final = START_S + 1_000
ALL_CLASSES: Final = frozenset(KeyClass)

KEYS: Final[dict[KeyClass, SigningKey]] = {
    key_class: new_key(key_class, community=ISSUER, kid=kid, not_before_s=START_S)
    for kid, key_class in enumerate(KeyClass, start=1)
}
KEYSET: Final = KeySet(key.public for key in KEYS.values())


def make_code(
    key_class: KeyClass = KeyClass.DYN,
    *,
    serial: int = 12_345,
    issue: int = 1,
    issued_at_s: int = NOW_S,
    life_s: int | None = None,
    key: SigningKey | None = None,
) -> str:
    """The digits of a code of `key_class`, living as long as its class allows unless told."""
    life_s = CLASS_RULES[key_class].code_life_s if life_s is None else life_s
    signer = key or KEYS[key_class]
    claims = Claims(
        issuer=signer.public.community,
        issued_at_s=issued_at_s,
        expires_at_s=issued_at_s + life_s,
        serial=serial,
        issue=issue,
    )
    return to_digits(sign(claims, signer))


def random_code(rng: random.Random) -> str:
    """A code with any class, serial, issue and time its key may sign."""
    key_class = rng.choice(list(KeyClass))
    rule = CLASS_RULES[key_class]
    return make_code(
        key_class,
        serial=rng.choice([0, 1, 2**32 - 1, rng.randrange(2**32)]),
        issue=rng.choice([0, 2**16 - 1, rng.randrange(2**16)]),
        issued_at_s=START_S + rng.randrange(rule.signing_s),
        life_s=rng.randrange(1, rule.code_life_s + 1),
    )


def believe(
    text: str,
    *,
    now_s: int = NOW_S,
    classes_allowed: frozenset[str] = ALL_CLASSES,
    issuer: str = ISSUER,
    keyset: KeySet = KEYSET,
) -> Token:
    """Read and verify in one go."""
    return verify(read(text), keyset, now_s=now_s, classes_allowed=classes_allowed, issuer=issuer)
