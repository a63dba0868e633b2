"""The rows of a test community, written in one go: faster than living through the services."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Table, insert

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

Values = dict[str, Any]


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
    community_id, issuer = where
    persons, shop_ids = range(1, people + 1), range(1, shops + 1)
    with db.engine.begin() as connection:
        add = _Adder(connection, community_id)
        add(community, [_community(issuer, at)])
        _add_people(add, persons, at)
        _add_shops(add, shop_ids, allowance_fen, at)
        add(terminal, [_terminal(till, at) for till in tills])
        _add_wallets(add, persons, at)


class _Adder:
    """Adds rows of one community on one connection."""

    def __init__(self, connection: Connection, community_id: int) -> None:
        self._connection = connection
        self._here = {"community_id": community_id}

    def __call__(self, table: Table, rows: list[Values]) -> None:
        self._connection.execute(insert(table), [self._here | row for row in rows])


def _community(issuer: str, at: int) -> Values:
    return {
        "issuer": issuer,
        "name": "常安社区",
        "timezone": "Asia/Shanghai",
        "hotline": "0398-0000000",
        "config_version": 1,
        "opened_at": at,
    }


def _add_people(add: _Adder, persons: range, at: int) -> None:
    homes = [
        {"household_id": p, "code": f"H{p:05d}", "building": "3", "unit": "2", "opened_at": at}
        for p in persons
    ]
    add(household, homes)
    add(
        resident,
        [{"person_id": p, "household_id": p, "state": "active", "joined_at": at} for p in persons],
    )
    add(card, [_card(p, at) for p in persons])


def _card(person_id: int, at: int) -> Values:
    return {
        "serial": person_id,
        "issue": 1,
        "kind": "printed",
        "number": f"{person_id:07d}",
        "person_id": person_id,
        "state": "active",
        "last_debit_at": 0,
        "issued_at": at,
        "changed_at": at,
    }


def _add_shops(add: _Adder, shop_ids: range, allowance_fen: int, at: int) -> None:
    add(merchant, [_merchant(m, at) for m in shop_ids])
    add(agreement, [_agreement(m, allowance_fen, at) for m in shop_ids])
    add(
        branch,
        [{"branch_id": m, "merchant_id": m, "code": "1", "name": f"branch {m}"} for m in shop_ids],
    )
    add(clerk, [_clerk(m) for m in shop_ids])


def _merchant(merchant_id: int, at: int) -> Values:
    return {
        "merchant_id": merchant_id,
        "code": f"M{merchant_id:02d}",
        "name": f"shop {merchant_id}",
        "category": "超市",
        "state": "active",
        "opened_at": at,
    }


def _agreement(merchant_id: int, allowance_fen: int, at: int) -> Values:
    return {
        "merchant_id": merchant_id,
        "effective_from": 20260101,
        "agreement_no": f"A{merchant_id}",
        "roles": "earn,offset,redeem",
        "proof": "bill",
        "proof_days": 3,
        "allowance_day_fen": allowance_fen,
        "signed_at": at,
        "cofund_bp": 0,
    }


def _clerk(merchant_id: int) -> Values:
    return {
        "clerk_id": merchant_id,
        "merchant_id": merchant_id,
        "label": "1",
        "phc": "-",
        "state": "active",
        "wrong_tries": 0,
    }


def _terminal(till: Terminal, at: int) -> Values:
    return {
        "terminal_id": till.terminal_id,
        "merchant_id": till.merchant_id,
        "branch_id": till.merchant_id,
        "code": till.code,
        "kind": "till",
        "state": "active",
        "public_jwk": json.dumps({}),
        "enrolled_at": at,
    }


def _add_wallets(add: _Adder, persons: range, at: int) -> None:
    rows: list[Values] = [
        {
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
    add(account, rows)
    bounded = [row for row in rows if row["bounded"]]
    add(balance, [{"account_id": r["account_id"], "posted": 0, "held": 0} for r in bounded])
