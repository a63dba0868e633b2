"""Every posting the book knows, each as a flow that can be run again: the double entries of the design, one by one.

A flow is `flow(db, town)`: it posts under fixed request ids, so running it again changes nothing, also after it was cut
off anywhere. They build on each other in the order of `FLOWS`; `town` is `flow_town(db)`.
"""

from __future__ import annotations

from typing import Final

from ledger.database import Database
from tests.support import flows_homes as homes
from tests.support import flows_members as members
from tests.support import flows_misuse
from tests.support import flows_services as services
from tests.support import flows_shops as shops
from tests.support.fake_channel import FakeChannel
from tests.support.flow_tools import Flow
from tests.support.town import Town, build_town

FLOWS: Final[dict[str, Flow]] = {
    flow.__name__: flow
    for flow in (
        members.top_up,
        members.work_fund,
        members.cover,
        members.opening,
        members.deed,
        members.earn,
        members.vest,
        members.offset,
        members.part_refund,
        members.unproven,
        members.debt,
        members.gateway,
        members.goods,
        services.voucher,
        services.benefit,
        members.property_fee,
        shops.settle,
        shops.dispute,
        shops.on_paper,
        shops.overspend,
        shops.decide,
        shops.uncover,
        shops.pay,
        shops.pay_rejected,
        shops.pay_returned,
        shops.cofund,
        shops.next_door,
        members.lend,
        members.fee_corrected,
        homes.families,
        flows_misuse.misuse,
        flows_misuse.rebook,
        members.lapse,
    )
}
"""Name to flow, in the order in which they can be run."""


def flow_town(db: Database) -> Town:
    """The town every flow runs in: three residents, one till, nothing in the fund and nothing in any wallet."""
    return build_town(db, people=3, shops=1, fund_fen=0, channel=FakeChannel())
