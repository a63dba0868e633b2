"""What must be true of certificates at any moment, asked in raw SQL that shares nothing with the product's own code."""

from __future__ import annotations

from functools import partial
from typing import Final

from ledger.audit import By
from ledger.certificates.desk import Wish, cancel, print_certificate
from ledger.sql import Tx
from tests.support.town import CIVIC, HERE, Town

CHECKS: Final[dict[str, str]] = {
    "a_good_certificate_has_its_points_waiting": (
        "SELECT c.* FROM certificate c JOIN hold h ON h.community_id = c.community_id"
        " AND h.hold_id = c.hold_id WHERE h.amount <> c.units"
        " OR EXISTS (SELECT 1 FROM hold_end x WHERE x.community_id = c.community_id AND x.hold_id = c.hold_id)"
        " <> EXISTS (SELECT 1 FROM certificate_end e WHERE e.community_id = c.community_id"
        "  AND e.certificate_id = c.certificate_id)"
    ),
    "a_certificate_gives_no_more_than_it_says": (
        "SELECT e.* FROM certificate_end e JOIN certificate c ON c.community_id = e.community_id"
        " AND c.certificate_id = e.certificate_id WHERE e.used_units > c.units"
        " OR (e.how <> 'used' AND e.used_units <> 0)"
    ),
}
"""Each names what holds; its query finds the rows where it does not. Written for both engines."""

MUTATIONS: Final[dict[str, str]] = {
    "a_good_certificate_has_its_points_waiting": "UPDATE certificate SET units = units + 1",
    "a_certificate_gives_no_more_than_it_says": "UPDATE certificate_end SET used_units = used_units + 1",
}
"""For each the statement that breaks it and no other, in a town with a good certificate and a cancelled one."""


def print_a_little(town: Town) -> None:
    """Person 2 has two printed and one of them cancelled."""
    desk = By("staff", 1)

    def work(tx: Tx, number: int) -> int:
        wish = Wish(
            community_id=HERE,
            request_id=f"paper-{number}",
            person_id=2,
            wallet_owner_id=2,
            household_id=0,
            commodity=CIVIC,
            units=2_000,
            shop_kind="超市",
            cap_code="",
            cap_units=0,
            month=town.day // 100,
            business_date=town.day,
            valid_days=14,
        )
        return int(print_certificate(tx, wish, by=desk, at=town.at)["certificate_id"])

    first, _ = (town.db.write(partial(work, number=number)) for number in (1, 2))
    day = town.day
    town.db.write(lambda tx: cancel(tx, HERE, first, business_date=day, by=desk, at=town.at))
