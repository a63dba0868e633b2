"""The rows of a test community, written in one go: faster than living through the services."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import insert

from ledger.book.chart import Account
from ledger.book.tables import account, balance
from ledger.database import Database
from ledger.ids import new_id
from ledger.members.tables import (
    agreement,
    branch,
    card,
    clerk,
    community,
    household,
    merchant,
    resident,
    terminal,
)

CIVIC = 1002


class Terminal(Protocol):
    """What is written of a till."""

    terminal_id: int
    code: str
    merchant_id: int


def write_rows(
    db: Database,
    people: int,
    shops: int,
    tills: Sequence[Terminal],
    allowance_fen: int,
    at: int,
    where: tuple[int, str],
) -> None:
    """Write them: people 1..n with cards and empty wallets, shops 1..n with a clerk, an agreement and their tills."""
    here = {"community_id": where[0]}
    persons = range(1, people + 1)
    shop_ids = range(1, shops + 1)
    with db.engine.begin() as connection:
        connection.execute(
            insert(community),
            {
                **here,
                "issuer": where[1],
                "name": "常安社区",
                "timezone": "Asia/Shanghai",
                "hotline": "0398-0000000",
                "config_version": 1,
                "opened_at": at,
            },
        )
        connection.execute(
            insert(household),
            [
                {
                    **here,
                    "household_id": p,
                    "code": f"H{p:05d}",
                    "building": "3",
                    "unit": "2",
                    "opened_at": at,
                }
                for p in persons
            ],
        )
        connection.execute(
            insert(resident),
            [
                {**here, "person_id": p, "household_id": p, "state": "active", "joined_at": at}
                for p in persons
            ],
        )
        connection.execute(
            insert(card),
            [
                {
                    **here,
                    "serial": p,
                    "issue": 1,
                    "kind": "printed",
                    "number": f"{p:07d}",
                    "person_id": p,
                    "state": "active",
                    "last_debit_at": 0,
                    "issued_at": at,
                    "changed_at": at,
                }
                for p in persons
            ],
        )
        connection.execute(
            insert(merchant),
            [
                {
                    **here,
                    "merchant_id": m,
                    "code": f"M{m:02d}",
                    "name": f"shop {m}",
                    "category": "超市",
                    "state": "active",
                    "opened_at": at,
                }
                for m in shop_ids
            ],
        )
        connection.execute(
            insert(agreement),
            [
                {
                    **here,
                    "merchant_id": m,
                    "effective_from": 20260101,
                    "agreement_no": f"A{m}",
                    "roles": "earn,offset,redeem",
                    "proof": "bill",
                    "proof_days": 3,
                    "allowance_day_fen": allowance_fen,
                    "signed_at": at,
                }
                for m in shop_ids
            ],
        )
        connection.execute(
            insert(branch),
            [
                {**here, "branch_id": m, "merchant_id": m, "code": "1", "name": f"branch {m}"}
                for m in shop_ids
            ],
        )
        connection.execute(
            insert(clerk),
            [
                {
                    **here,
                    "clerk_id": m,
                    "merchant_id": m,
                    "label": "1",
                    "phc": "-",
                    "state": "active",
                    "wrong_tries": 0,
                }
                for m in shop_ids
            ],
        )
        connection.execute(
            insert(terminal),
            [
                {
                    **here,
                    "terminal_id": t.terminal_id,
                    "merchant_id": t.merchant_id,
                    "branch_id": t.merchant_id,
                    "code": t.code,
                    "kind": "till",
                    "state": "active",
                    "public_jwk": json.dumps({}),
                    "enrolled_at": at,
                }
                for t in tills
            ],
        )
        rows = [
            {
                **here,
                "account_id": new_id(at),
                "commodity": CIVIC,
                "kind": kind.value,
                "owner_id": p,
                "bounded": int(kind is not Account.PENDING),
                "opened_at": at,
            }
            for p in persons
            for kind in (Account.WALLET, Account.OWED, Account.PENDING)
        ]
        connection.execute(insert(account), rows)
        connection.execute(
            insert(balance),
            [
                {**here, "account_id": r["account_id"], "posted": 0, "held": 0}
                for r in rows
                if r["bounded"]
            ],
        )
