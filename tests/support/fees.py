"""Fee bills in a test town: a property company, its lists as CSV, and what a household asks for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from kiosk.fee_desk import FeeRequest, ask
from ledger.audit import SYSTEM
from ledger.bills.confirmations import take_confirmation
from ledger.bills.facts import bills_of_household
from ledger.bills.imports import FeeUpload, take_bills
from ledger.ids import new_request_id
from ledger.members.tables import agreement, community
from pos.desk import day_of
from tests.support.town import HERE, Town, build_town

WORDS: dict[str, str] = {}
BILLER = 2
"""The second shop of the town is the property company."""

HEADINGS = "merchant_code,bill_no,household_code,fee_kind,period,amount_yuan,due_on"
Line = tuple[str, int, str]
"""Bill number, household, amount in yuan."""


def build_fee_town(db: Any, **chosen: Any) -> Town:
    """A town whose shop 2 is a property company: its agreement says fee bills, and nothing else."""
    town = build_town(db, shops=2, **{"grant_units": 400_000, **chosen})
    make_biller(town)
    return town


def make_biller(town: Town, merchant_id: int = BILLER) -> None:
    """Give a shop the role of a biller."""
    with town.db.engine.begin() as connection:
        connection.execute(
            update(agreement)
            .where(agreement.c.merchant_id == merchant_id)
            .values(roles="fee", proof="sample")
        )
        # What was read of the community before is read anew.
        connection.execute(update(community).values(config_version=community.c.config_version + 1))
    town.desk.refresh(town.here)


def bills_csv(
    lines: list[Line], *, kind: str = "property_fee", period: str = "2026-03", biller: int = BILLER
) -> bytes:
    """A biller's list."""
    rows = [
        f"M{biller:02d},{number},H{home:05d},{kind},{period},{yuan},2026-03-31"
        for number, home, yuan in lines
    ]
    return "\r\n".join([HEADINGS, *rows, ""]).encode()


def take_list(
    town: Town, *lines: Line, kind: str = "property_fee", biller: int = BILLER
) -> dict[str, Any]:
    """Take a list in; gives its answer."""
    raw = bills_csv(list(lines), kind=kind, biller=biller)
    terms = town.desk.refresh(town.here)
    upload = FeeUpload(raw, "bills.csv", WORDS)
    return town.db.write(lambda tx: take_bills(tx, terms, upload, by=SYSTEM, at=town.at))


def take_answer(town: Town, *lines: tuple[str, str], biller: int = BILLER) -> dict[str, Any]:
    """Take a confirmation (offset number, yuan) in; gives its answer."""
    rows = [f"M{biller:02d},{ref},{yuan}" for ref, yuan in lines]
    raw = "\r\n".join(["merchant_code,fee_ref,offset_yuan", *rows, ""]).encode()
    terms = town.desk.refresh(town.here)
    upload = FeeUpload(raw, "confirmation.csv", WORDS)
    return town.db.write(
        lambda tx: take_confirmation(
            tx, terms, upload, day=day_of(terms, town.at), by=SYSTEM, at=town.at
        )
    )


def pay_in_part(town: Town, merchant_id: int) -> None:
    """A shop becomes a biller: household 1 has one bill paid in part and lowered, one that waits, one given up."""
    make_biller(town, merchant_id)
    lines: list[Line] = [("B1", 1, "60.00"), ("B2", 1, "60.00"), ("B3", 1, "60.00")]
    take_list(town, *lines, biller=merchant_id)
    with town.db.read() as tx:
        bills = sorted(bills_of_household(tx, HERE, 1), key=lambda bill: bill.bill_no)
    for bill in bills:
        request = FeeRequest(
            community_id=HERE,
            request_id=new_request_id(town.at),
            bill_id=bill.bill_id,
            units=20_000,
            person_id=1,
            household_id=1,
        )
        ask(town.desk, request, at=town.later(60))
    take_answer(town, ("B1-1", "10.00"), biller=merchant_id)
    take_list(town, ("B1", 1, "10.00"), ("B3", 1, "0.00"), biller=merchant_id)
