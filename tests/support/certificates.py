"""Certificates in a test town: a grain shop and a noodle shop, a desk that prints, tills that take."""

from __future__ import annotations

from functools import partial
from typing import Any

from ledger.audit import SYSTEM, By
from ledger.certificates.codes import code_of
from ledger.certificates.desk import cancel
from ledger.certificates.facts import get_certificate
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import keys
from ledger.members.communities import raise_config_version
from ledger.members.residents import record_consent
from ledger.sql import Row, Sql, Tx
from ledger.token_keys import KeyClass
from pos.certificate_desk import print_at_desk
from pos.checkout import check_out
from tests.support.town import HERE, Town, build_town

GRAIN, NOODLES = 1, 2
DESK = By("staff", 7)
_CATEGORY = Sql(
    "UPDATE merchant SET category = :category WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id"
)


def certificate_town(db: Database, **more: Any) -> Town:
    """A grain shop (粮油店) and a noodle shop (面馆), people with 700 points each, keys for certificates."""
    town = build_town(db, shops=2, grant_units=70_000, **more)

    def work(tx: Tx) -> None:
        for merchant_id, category in ((GRAIN, "粮油店"), (NOODLES, "面馆")):
            tx.run(_CATEGORY, community_id=HERE, merchant_id=merchant_id, category=category)
        for person in range(1, town.people + 1):
            record_consent(tx, HERE, person, by=SYSTEM, at=town.at)
        raise_config_version(tx, HERE)
        keys.make_key(tx, town.vault, HERE, KeyClass.CRT, at=town.at, by=0)

    db.write(work)
    return town


def printed(
    town: Town, points: int = 400, *, person: int = 1, kind: str = "粮油店", **more: Any
) -> dict[str, Any]:
    """The desk prints a certificate."""
    terms = town.desk.refresh(HERE)
    asked = {"request_id": new_request_id(town.at), "by": DESK, "at": town.at, **more}
    work = partial(
        print_at_desk,
        terms=terms,
        person_id=person,
        units=points * 100,
        shop_kind=kind,
        **asked,
    )
    return town.db.write(work)


def row_of(town: Town, paper: dict[str, Any]) -> Row:
    """The certificate with its end."""
    with town.db.read() as tx:
        return get_certificate(tx, HERE, int(paper["certificate_id"]))


def picture_of(town: Town, paper: dict[str, Any]) -> str:
    """The digits in the certificate's picture."""
    row = row_of(town, paper)
    with town.db.read() as tx:
        return code_of(
            tx,
            town.vault,
            HERE,
            town.issuer,
            serial=int(row.serial),
            last_day=int(row.last_day),
            timezone="Asia/Shanghai",
            printed_at=int(row.printed_at),
        )


def shown(
    town: Town, text: str, total_fen: int, points: int, *, till: int = 0, **more: Any
) -> dict[str, Any]:
    """A till sells with what is on the paper: its code, or its number typed."""
    asked = town.sale(1, total_fen, points * 100, till=till, token=text, **more)
    return check_out(town.desk, asked, at=town.at)


def cancelled(town: Town, paper: dict[str, Any]) -> None:
    """The desk cancels it."""
    number = int(paper["certificate_id"])
    town.db.write(lambda tx: cancel(tx, HERE, number, business_date=town.day, by=DESK, at=town.at))
