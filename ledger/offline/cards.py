"""The signed list of cards that are not good, made from the cards as they stand."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from ledger.clock import SECOND_US
from ledger.members.key_vault import KeyVault
from ledger.members.keys import signing_key
from ledger.offline.status_list import REVOKED, SUSPENDED, sign_list
from ledger.sql import Sql, Tx
from ledger.token_keys import KeyClass

TTL_S: Final = 600
"""A till with network asks for a newer list after this many seconds."""

_MOST_S: Final = 86_400
_LAST: Final = Sql(
    "SELECT coalesce(max(serial), 0) AS serial FROM card WHERE community_id = :community_id"
)
_MARKED: Final = Sql(
    "SELECT k.serial, k.issue, k.state, p.state AS person_state FROM card k LEFT JOIN resident p"
    " ON p.community_id = k.community_id AND p.person_id = k.person_id"
    " WHERE k.community_id = :community_id AND (k.issue > 1 OR k.state <> 'active'"
    " OR p.state IS NULL OR p.state <> 'active') ORDER BY k.serial"
)


class Standing(NamedTuple):
    """How the cards stand: the serials that are not good, newest issues above 1, and the last serial."""

    flagged: dict[int, int]
    issues: dict[int, int]
    last_serial: int

    @property
    def version(self) -> str:
        """The same word for the same standing, so that a till need not fetch what it has."""
        words = repr((sorted(self.flagged.items()), sorted(self.issues.items()), self.last_serial))
        return hashlib.sha256(words.encode()).hexdigest()[:16]


def standing(tx: Tx, community_id: int) -> Standing:
    """How every card stands now: suspended ones may come back, lost, expired and unassigned ones are revoked."""
    flagged, issues = {}, {}
    for row in tx.all(_MARKED, community_id=community_id):
        serial = int(row.serial)
        if int(row.issue) > 1:
            issues[serial] = int(row.issue)
        if row.state != "active" or row.person_state != "active":
            flagged[serial] = SUSPENDED if row.state == "suspended" else REVOKED
    return Standing(flagged, issues, int(tx.get(_LAST, community_id=community_id).serial))


def signed_list(
    tx: Tx, vault: KeyVault, community_id: int, found: Standing, *, hours: int, at: int
) -> bytes:
    """The list of `found`, signed at `at` (microseconds UTC) and good for `hours`.

    Refusals: token_no_signing_key, keys_master_wrong.
    """
    key = signing_key(tx, vault, community_id, KeyClass.LIST, at=at)
    return sign_list(
        found.flagged,
        found.issues,
        found.last_serial + 1,
        key,
        made_at_s=at // SECOND_US,
        life_s=min(hours * 3_600, _MOST_S),
        ttl_s=TTL_S,
    )
