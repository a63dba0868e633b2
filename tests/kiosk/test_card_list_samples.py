"""The list of cards that the tablet's reader is tested with is one of the server's own."""

from __future__ import annotations

import json

import pytest

from ledger.members.device_keys import from_base64url
from ledger.offline.status_list import read_list
from ledger.token_keys import ALGORITHMS, KeySet
from tests.support.card_list_samples import ISSUER, SAMPLES, SIZE


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_the_sample_holds_what_it_says(alg: str) -> None:
    kept = json.loads(SAMPLES.read_text(encoding="utf-8"))

    found = read_list(
        from_base64url(kept["lists"][alg]),
        KeySet.from_jwks(kept["jwks"]),
        issuer=ISSUER,
        now_s=kept["at_s"],
    )

    flagged = dict(kept["flagged"])
    assert [found.status_of(serial) for serial in range(SIZE)] == [
        flagged.get(serial, 0) for serial in range(SIZE)
    ]
    assert dict(found.issues) == dict(kept["issues"])
