"""Makes kiosk/web/tests/samples/cards.json, a signed list of cards the tablet's reader is tested with.

`python -m tests.support.card_list_samples` writes the file anew (with new keys); a test demands that the server's own
reader finds in it what the file says.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from ledger.members.device_keys import to_base64url
from ledger.offline.status_list import REVOKED, SUSPENDED, sign_list
from ledger.token_keys import ALGORITHMS, KeyClass, new_key
from ledger.token_keys import jwks as jwks_of

SAMPLES = Path(__file__).parents[2] / "kiosk/web/tests/samples/cards.json"
ISSUER = "CA01"
AT_S = 1_772_424_000
SIZE = 3_000


def make() -> dict[str, Any]:
    """One list in each algorithm, the keys, and what stands in it."""
    drawn = random.Random(20_260_302)
    flagged = {
        serial: drawn.choice((REVOKED, SUSPENDED)) for serial in drawn.sample(range(SIZE), 60)
    }
    issues = {serial: drawn.randrange(2, 300) for serial in drawn.sample(range(SIZE), 40)}
    keys = {
        alg: new_key(KeyClass.LIST, community=ISSUER, kid=9 + n, not_before_s=AT_S - 100, alg=alg)
        for n, alg in enumerate(ALGORITHMS)
    }
    other = new_key(KeyClass.CARD, community=ISSUER, kid=9, not_before_s=AT_S - 100)
    return {
        "issuer": ISSUER,
        "at_s": AT_S,
        "flagged": sorted(flagged.items()),
        "issues": sorted(issues.items()),
        "jwks": jwks_of([key.public for key in keys.values()]),
        "card_key": jwks_of([other.public]),
        "lists": {
            alg: to_base64url(
                sign_list(flagged, issues, SIZE, key, made_at_s=AT_S, life_s=86_400, ttl_s=600)
            )
            for alg, key in keys.items()
        },
    }


if __name__ == "__main__":
    SAMPLES.write_text(json.dumps(make()) + "\n", encoding="utf-8")
