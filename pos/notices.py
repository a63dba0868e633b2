"""What the counter tells a resident afterwards: on their own page, and at their next visit."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from ledger.book.steps import Step
from ledger.ids import new_id
from ledger.sql import Sql, Tx

PROXY: Final = "collected_by_proxy"
LAPSED: Final = "order_lapsed"
RETURNED: Final = "goods_returned"
MANDATE: Final = "mandate_given"
MANDATE_ENDED: Final = "mandate_ended"
ACTS_FOR: Final = "acts_for"
FOUND: Final = "found_without_card"
CERTIFICATE: Final = "certificate_printed"
KEYED: Final = "slip_keyed"
PIN_CHANGED: Final = "pin_changed"
FORGIVEN: Final = "debt_forgiven"
MISUSE: Final = "misuse_taken_in"
MISUSE_BACK: Final = "misuse_given_back"
MISUSE_KEPT: Final = "misuse_upheld"
MISUSE_TAKEN: Final = "misuse_rejected"

_KEEP: Final = Sql(
    "INSERT INTO counter_notice (community_id, notice_id, person_id, kind, ref, facts, told_at) VALUES (:community_id,"
    " :notice_id, :person_id, :kind, :ref, :facts, :at)"
)
_OF: Final = Sql(
    "SELECT notice_id, kind, ref, facts, told_at FROM counter_notice WHERE community_id = :community_id"
    " AND person_id = :person_id AND told_at >= :since ORDER BY notice_id DESC LIMIT :most"
)


class Notice(NamedTuple):
    """One thing told; `facts` hold no name, `told_at` in microseconds UTC."""

    kind: str
    ref: str
    facts: dict[str, Any]
    told_at: int


def tell_step(
    community_id: int, person_id: int, kind: str, ref: str, *, at: int, **facts: int | str
) -> Step:
    """The step that tells a resident something about a slip or an order."""
    params = {
        "community_id": community_id,
        "notice_id": new_id(at),
        "person_id": person_id,
        "kind": kind,
        "ref": ref,
        "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
        "at": at,
    }
    return Step(_KEEP, params)


def told_to(
    tx: Tx, community_id: int, person_id: int, *, since: int = 0, most: int = 5
) -> list[Notice]:
    """What a resident was told since a moment, newest first."""
    rows = tx.all(_OF, community_id=community_id, person_id=person_id, since=since, most=most)
    return [Notice(row.kind, row.ref, json.loads(row.facts), int(row.told_at)) for row in rows]
