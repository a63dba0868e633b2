"""What came back with goods no longer counts against the limits of the day and month it was counted in."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from ledger.book.facts import cap_back_step
from ledger.book.steps import Step
from ledger.earning.rates import RefundSplit
from ledger.households import limits
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from pos.desk import day_of, rules_on

# Sold without network: counted on the day it was sold, whatever day it came in and is booked on.
_LATE: Final = Sql(
    "SELECT occurred_at FROM offline_sale WHERE community_id = :community_id AND request_id = :sale_id"
    " AND state <> 'refused'"
)
# With a certificate: its points were counted in the month it was printed in, and never again.
_PAPER: Final = Sql(
    "SELECT c.cap_code, c.counted_month FROM certificate_end e JOIN certificate c"
    " ON c.community_id = e.community_id AND c.certificate_id = e.certificate_id"
    " WHERE e.community_id = :community_id AND e.ref = :ref AND e.how = 'used'"
)


class _Counted(NamedTuple):
    """Where a sale was counted: limits on earning and on offsets by code and period, and the member's month."""

    earned: list[tuple[str, int]]
    used: list[tuple[str, int]]
    month: int


def limits_back(tx: Tx, terms: Terms, sale: Row, split: RefundSplit) -> list[Step]:
    """The steps that give a refund's points back to the limits their sale had used."""
    counted = _counted(tx, terms, sale)
    here, owner, person = terms.community.id, int(sale.counted_owner), int(sale.counted_person)
    backs = ((counted.earned, split.earned_reversed_units), (counted.used, split.units_back))
    steps = [
        cap_back_step(here, person, code, key, units)
        for limit, units in backs
        for code, key in limit
        if units
    ]
    if split.units_back:
        back = split.units_back
        steps.insert(0, limits.member_back_step(here, person, owner, counted.month, back))
    return steps


def _counted(tx: Tx, terms: Terms, sale: Row) -> _Counted:
    here = terms.community.id
    day = int(json.loads(sale.plan).get("counted_on", sale.business_date))
    late = tx.find(_LATE, community_id=here, sale_id=sale.sale_id)
    if late is not None:
        day = day_of(terms, int(late.occurred_at))
    rules = rules_on(terms, day)
    earned = [(cap.code, cap.period_key) for cap in rules.earn_caps if cap.period_key]
    paper = tx.find(_PAPER, community_id=here, ref=sale.ref)
    if paper is not None:
        month = int(paper.counted_month)
        return _Counted(earned, [(paper.cap_code, month)] if paper.cap_code else [], month)
    used = [(cap.code, cap.period_key) for cap in rules.offset_caps if cap.period_key]
    return _Counted(earned, used, day // 100)
