"""Households with one kind of points, written in one go; every second one has a phone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from ledger.book.chart import Account
from ledger.book.posting import Side
from ledger.book.tables import account, balance
from ledger.database import Database
from ledger.ids import new_id
from ledger.members.tables import card, community, household, resident

HERE = 1
_OF_OWNER = (Account.WALLET, Account.OWED, Account.PENDING)
_COMMON = (
    Account.ISSUED_CONSUMPTION,
    Account.ISSUED_GRANT,
    Account.ISSUED_DEDUCTION,
    Account.OFFSET,
    Account.REDEEMED,
)


def write_rows(
    db: Database, owners: int, at: int, commodity: int
) -> dict[tuple[Account, int], Side]:
    here = {"community_id": HERE}
    kinds = [(kind, 0) for kind in _COMMON]
    kinds += [(kind, owner) for owner in range(1, owners + 1) for kind in _OF_OWNER]
    accounts = {key: Side(new_id(at), key[0]) for key in kinds}
    rows = [
        {
            **here,
            "account_id": side.account_id,
            "commodity": commodity,
            "kind": kind.value,
            "owner_id": owner,
            "bounded": int(kind in {Account.WALLET, Account.OWED}),
            "opened_at": at,
        }
        for (kind, owner), side in accounts.items()
    ]
    with db.engine.begin() as connection:
        connection.execute(insert(community), [_community(at)])
        connection.execute(insert(household), [_household(n, at) for n in range(1, owners + 1)])
        connection.execute(insert(resident), [_resident(n, at) for n in range(1, owners + 1)])
        connection.execute(insert(card), [_phone(n, at) for n in range(2, owners + 1, 2)])
        connection.execute(insert(account), rows)
        connection.execute(
            insert(balance),
            [
                {**here, "account_id": row["account_id"], "posted": 0, "held": 0}
                for row in rows
                if row["bounded"]
            ],
        )
    return accounts


def _community(at: int) -> dict[str, Any]:
    return {
        "community_id": HERE,
        "issuer": "CA01",
        "name": "常安社区",
        "timezone": "Asia/Shanghai",
        "hotline": "0398-0000000",
        "config_version": 1,
        "opened_at": at,
    }


def _household(number: int, at: int) -> dict[str, Any]:
    return {
        "community_id": HERE,
        "household_id": number,
        "code": f"H{number:05d}",
        "building": "3",
        "unit": "2",
        "opened_at": at,
    }


def _resident(number: int, at: int) -> dict[str, Any]:
    return {
        "community_id": HERE,
        "person_id": number,
        "household_id": number,
        "state": "active",
        "joined_at": at,
    }


def _phone(number: int, at: int) -> dict[str, Any]:
    return {
        "community_id": HERE,
        "serial": number,
        "issue": 1,
        "kind": "phone",
        "number": f"{number:07d}",
        "person_id": number,
        "state": "active",
        "last_debit_at": 0,
        "issued_at": at,
        "changed_at": at,
    }
