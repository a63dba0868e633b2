"""Fee bills in a test town: a property company, its lists as CSV, and what a household asks for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from ledger.audit import SYSTEM
from ledger.bills.confirmations import take_confirmation
from ledger.bills.imports import FeeUpload, take_bills
from ledger.bills.offsets import Asked
from ledger.members.tables import agreement
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
    town.desk.refresh(town.here)


def bills_csv(lines: list[Line], *, kind: str = "property_fee", period: str = "2026-03") -> bytes:
    """A biller's list."""
    rows = [
        f"M{BILLER:02d},{number},H{home:05d},{kind},{period},{yuan},2026-03-31"
        for number, home, yuan in lines
    ]
    return "\r\n".join([HEADINGS, *rows, ""]).encode()


def take_list(town: Town, *lines: Line, kind: str = "property_fee") -> dict[str, Any]:
    """Take a list in; gives its answer."""
    raw = bills_csv(list(lines), kind=kind)
    terms = town.desk.refresh(town.here)
    upload = FeeUpload(raw, "bills.csv", WORDS)
    return town.db.write(lambda tx: take_bills(tx, terms, upload, by=SYSTEM, at=town.at))


def take_answer(town: Town, *lines: tuple[str, str]) -> dict[str, Any]:
    """Take a confirmation (offset number, yuan) in; gives its answer."""
    rows = [f"M{BILLER:02d},{ref},{yuan}" for ref, yuan in lines]
    raw = "\r\n".join(["merchant_code,fee_ref,offset_yuan", *rows, ""]).encode()
    terms = town.desk.refresh(town.here)
    upload = FeeUpload(raw, "confirmation.csv", WORDS)
    return town.db.write(
        lambda tx: take_confirmation(
            tx, terms, upload, day=day_of(terms, town.at), by=SYSTEM, at=town.at
        )
    )


def asked(
    town: Town, bill_id: int, person: int, units: int, request_id: str, home: int = 0
) -> Asked:
    """What a person asks for; the household is the person's own where no other is named."""
    return Asked(
        HERE, request_id, bill_id, person, home or person, units, "resident", town.day, town.at,
        town.at + 15 * 86_400 * 1_000_000,
    )  # fmt: skip
