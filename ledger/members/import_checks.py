"""What may not stand twice, what must be there already, what must not be there yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ledger.members.import_rows import KEYS, Fault, Row
from ledger.sql import Sql, Tx

OPENING: Final = "opening_balance"
"""The reason key of points a household brought along."""

_HOUSEHOLDS: Final = Sql(
    "SELECT code, household_id FROM household"
    " WHERE community_id = :community_id AND closed_at IS NULL"
)
_MERCHANTS: Final = Sql("SELECT code FROM merchant WHERE community_id = :community_id")
_PEOPLE: Final = Sql(
    "SELECT h.code, i.name, r.birth_year FROM resident r"
    " JOIN household h ON h.community_id = r.community_id AND h.household_id = r.household_id"
    " JOIN person_identity i ON i.community_id = r.community_id AND i.person_id = r.person_id"
    " WHERE r.community_id = :community_id AND r.state = 'active'"
)
_ALREADY: Final = Sql(
    "SELECT x.wallet_owner_id FROM txn x WHERE x.community_id = :community_id"
    " AND x.kind = 'grant' AND x.reason_key = :reason_key"
)


def faults_of(tx: Tx, community_id: int, kind: str, rows: Sequence[Row]) -> list[Fault]:
    """Rows that do not fit each other or what the community has already."""
    return _twice(kind, rows) + _FITS[kind](tx, community_id, rows)


def _twice(kind: str, rows: Sequence[Row]) -> list[Fault]:
    first: dict[tuple[object, ...], int] = {}
    faults = []
    for row in rows:
        key = tuple(row.values[name] for name in KEYS[kind])
        if key in first:
            facts = {"first_row": first[key]}
            faults.append(Fault(row.number, KEYS[kind][0], "import_twice", facts))
        first.setdefault(key, row.number)
    return faults


def _new_households(tx: Tx, community_id: int, rows: Sequence[Row]) -> list[Fault]:
    known = open_households(tx, community_id)
    return [_known(row, "household_code") for row in rows if row.values["household_code"] in known]


def _new_residents(tx: Tx, community_id: int, rows: Sequence[Row]) -> list[Fault]:
    homes = open_households(tx, community_id)
    people = {tuple(row) for row in tx.all(_PEOPLE, community_id=community_id)}
    faults = [_homeless(row) for row in rows if row.values["household_code"] not in homes]
    names = KEYS["residents"]
    faults += [
        _known(row, "name") for row in rows if tuple(row.values[name] for name in names) in people
    ]
    return faults


def _new_merchants(tx: Tx, community_id: int, rows: Sequence[Row]) -> list[Fault]:
    known = {row.code for row in tx.all(_MERCHANTS, community_id=community_id)}
    faults = [_known(row, "merchant_code") for row in rows if row.values["merchant_code"] in known]
    for row in rows:
        last = row.values["effective_to"]
        if last is not None and last < row.values["effective_from"]:
            faults.append(Fault(row.number, "effective_to", "agreement_dates", {}))
    return faults


def _new_balances(tx: Tx, community_id: int, rows: Sequence[Row]) -> list[Fault]:
    homes = open_households(tx, community_id)
    given = tx.all(_ALREADY, community_id=community_id, reason_key=OPENING)
    owners = {row.wallet_owner_id for row in given}
    faults = [_homeless(row) for row in rows if row.values["household_code"] not in homes]
    faults += [
        _known(row, "household_code")
        for row in rows
        if homes.get(row.values["household_code"]) in owners
    ]
    return faults


_FITS: Final[Mapping[str, Callable[[Tx, int, Sequence[Row]], list[Fault]]]] = {
    "households": _new_households,
    "residents": _new_residents,
    "merchants": _new_merchants,
    "balances": _new_balances,
}


def open_households(tx: Tx, community_id: int) -> dict[str, int]:
    """Every open household by its code."""
    rows = tx.all(_HOUSEHOLDS, community_id=community_id)
    return {row.code: int(row.household_id) for row in rows}


def _known(row: Row, column: str) -> Fault:
    return Fault(row.number, column, "import_known", {})


def _homeless(row: Row) -> Fault:
    return Fault(row.number, "household_code", "import_household", {})
