"""Awards in test towns: the schemes' own texts, and Chang'an with an item that takes points."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from ledger.awards.post import Award, Awarded, post_award
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_file import SCHEMES, parse_scheme
from ledger.ids import new_request_id
from ledger.sql import Tx
from tests.support.town import HERE, START, Town

_MINUS_ITEM = """
[[item]]
code = "P09"
area = "治理服务"
name = "楼道不堆杂物"
point_type = "party"
mode = "periodic"
per = "year"
points = 2
deduct = -2
review_flow = "branch"

[[spend_rule]]
code = "S01"
"""


def scheme_text(scheme_id: str) -> str:
    """A shipped scheme's text."""
    return (SCHEMES / f"{scheme_id}.toml").read_text(encoding="utf-8")


def changan_with_minus() -> str:
    """Chang'an's text with one more item: 2 party points a year, or 2 taken."""
    text = scheme_text("changan")
    assert text.count('\n[[spend_rule]]\ncode = "S01"\n') == 1
    return text.replace('\n[[spend_rule]]\ncode = "S01"\n', _MINUS_ITEM)


def decide(
    db: Database,
    scheme: Scheme | str,
    item: str,
    owner: int,
    units: int,
    *,
    happened_on: int = 20260302,
    business_date: int = 20260302,
    **more: Any,
) -> Awarded:
    """An award as two persons decided it."""
    read = parse_scheme(scheme, "scheme.toml") if isinstance(scheme, str) else scheme
    fields: dict[str, Any] = {
        "request_id": new_request_id(START),
        "item_code": item,
        "owner_id": owner,
        "person_id": None,
        "units": units,
        "happened_on": happened_on,
        "reason": "巡查记录",
        "proposed_by": 11,
        "approved_by": 12,
        **more,
    }
    return db.write(
        lambda tx: post_award(
            tx, HERE, read, Award(**fields), at=START, business_date=business_date
        )
    )


def owe(town: Town, owner: int, units: int, commodity: int = 1001) -> None:
    """A debt as a refund leaves it behind."""

    def work(tx: Tx) -> None:
        def side(kind: Account, whose: int = 0) -> Side:
            return Side(account_id(tx, HERE, kind, commodity, whose, at=START), kind)

        post(
            tx,
            Posting(
                community_id=HERE,
                kind=Kind.REFUND,
                request_id=new_request_id(START),
                occurred_at=START,
                at=START,
                business_date=20260302,
                lines=[
                    Line(
                        side(Account.OWED, owner),
                        side(Account.ISSUED_CONSUMPTION),
                        commodity,
                        units,
                    )
                ],
            ),
        )

    town.db.write(work)


def with_debt(scheme: Scheme, code: str) -> Scheme:
    """The scheme where one point type makes debts; no file that loads may say so for deductions."""
    types = tuple(
        replace(row, negative_balance="debt") if row.code == code else row
        for row in scheme.point_types
    )
    values = {field.name: getattr(scheme, field.name) for field in fields(scheme)}
    return Scheme(**{**values, "point_types": types})
