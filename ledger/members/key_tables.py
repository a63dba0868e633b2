"""Where the keys behind residents' codes are kept, and the running numbers of the codes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import blob, number, points_to, table, text

token_key = table(
    "token_key",
    number("kid"),  # one byte in every code; a number is used again only after its key has ended
    text("key_class"),  # card | dyn | earn | vch | svc | list
    text("alg"),  # EdDSA | ES256
    blob("public_key"),
    blob("private_key_encrypted"),  # sealed with the master key; empty once the key is retired
    number("not_before"),
    number("not_after"),  # checking ends here; signing ends one code's life earlier
    text("state"),  # active | retired
    number("made_by"),
    number("made_at"),
    number("retired_by", null=True),
    number("retired_at", null=True),
    CheckConstraint("kid BETWEEN 0 AND 255", name="ck_token_key_kid"),
    points_to("fk_token_key_community", "community"),
    key=("kid", "not_before"),
)

code_sequence = table(
    "code_sequence",
    number("serial"),
    number("last_issue"),  # runs round from 65535 to 0; two codes of one second always differ
    key=("serial",),
)
