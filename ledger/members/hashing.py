"""PINs, clerks' codes and passwords as Argon2id (RFC 9106) in PHC form, with a pepper of the server."""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32


class Cost(NamedTuple):
    """What one hash costs: memory in KiB and passes over it."""

    memory_kib: int
    passes: int


STANDARD: Final = Cost(memory_kib=19 * 1024, passes=2)
"""OWASP's floor for Argon2id, about 30 ms; a million guesses of a PIN also need the pepper."""

QUICK: Final = Cost(memory_kib=8, passes=1)
"""For tests and generated towns: whatever was hashed with it is still checked by its own PHC text."""


def hash_secret(secret: str, *, pepper: bytes, cost: Cost = STANDARD) -> str:
    """The PHC text to keep; cost and salt stand in it, the pepper does not."""
    kdf = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=cost.passes,
        lanes=1,
        memory_cost=cost.memory_kib,
        secret=pepper,
    )
    return kdf.derive_phc_encoded(secret.encode())


def is_right(secret: str, phc: str, *, pepper: bytes) -> bool:
    """Whether `secret` is what was hashed; a text that is no PHC text is a bug and raises."""
    try:
        Argon2id.verify_phc_encoded(secret.encode(), phc, pepper)
    except InvalidKey:
        return False
    return True
