"""A month of a city's book, written in bulk as its nights would have left it.

For each shop and day some sales with points, their settling, and the night's total; two open differences a shop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ledger.database import Database
from ledger.seal.sealer import seal
from ledger.units import CNY
from tests.bench.night_book import BOOKED, in_bulk, load
from tests.support.night_plant import HOUR, midnight
from tests.support.town import CIVIC, HERE, Town, build_town, moment

MONTH = 202603
_UNITS_PER_FEN = 20
_OFFSET, _COVER, _PAYABLE, _RETIRED = 5_000_000, 6_000_000, 7_000_000, 4_000_000
_OPENED = moment("2026-01-01")


def live_month(db: Database, shops: int, days: int, sales: int) -> Town:
    """Build the town and write its month."""
    town = build_town(db, people=1, shops=shops, fund_fen=10**11)
    town.grant(1, 10**14)
    with in_bulk(db) as driver:
        for table, columns, rows in _tables(driver, shops, days, sales):
            load(driver, db.dialect, table, columns, rows)
    seal(db, HERE)
    # The order's place of each night is known only now.
    with db.engine.begin() as connection:
        connection.exec_driver_sql(_RANGES)
        connection.exec_driver_sql("ANALYZE")
    return town


_RANGES = """
UPDATE night_run SET first_leaf = (SELECT min(l.leaf_index) FROM leaf l JOIN txn t ON t.txn_id = l.entry_id
  WHERE t.business_date = night_run.business_date AND t.kind = 'sale'),
 end_leaf = 1 + (SELECT max(l.leaf_index) FROM leaf l JOIN txn t ON t.txn_id = l.entry_id
  WHERE t.business_date = night_run.business_date AND t.kind = 'sale')
"""
_TXN = (
    "community_id, txn_id, request_id, kind, ref, business_date, scheme_period, occurred_at, recorded_at,"
    " scheme_version, issuing_community, accepting_community, reason_key, source, provisional, merchant_id,"
    " wallet_owner_id"
)
_TOTAL = (
    "community_id, run_no, claimant_id, booked_count, booked_units_plus, booked_units_minus, booked_fen_plus,"
    " booked_fen_minus, claimed_count, claimed_fen_plus, claimed_fen_minus, matched_count, carried_count,"
    " carried_fen_plus, carried_fen_minus, settled_units_plus, settled_units_minus, settled_fen_plus,"
    " settled_fen_minus, txn_id"
)
_FOUND = (
    "community_id, discrepancy_no, run_no, business_date, code, sub_code, claimant_id, terminal_id, ref, booked_units,"
    " booked_fen, claimed_units, claimed_fen, plus_fen, minus_fen, held_fen, rest_units, rest_fen, state, due_date,"
    " opened_at, reason, posted_fen"
)
Rows = list[tuple[Any, ...]]


def _tables(driver: Any, shops: int, days: int, sales: int) -> Iterator[tuple[str, str, Rows]]:
    """Table, columns and rows."""
    yield from _accounts(shops)
    yield from _entries(driver, shops, days, sales)
    yield from _nights(shops, days, sales)


def _accounts(shops: int) -> Iterator[tuple[str, str, Rows]]:
    every = range(1, shops + 1)
    made = [
        (HERE, first + shop, commodity, kind, shop, int(kind == "cover"), _OPENED)
        for kind, first, commodity in (
            ("offset", _OFFSET, CIVIC),
            ("cover", _COVER, CNY),
            ("payable", _PAYABLE, CNY),
        )
        for shop in every
    ]
    made.append((HERE, _RETIRED, CIVIC, "retired", 0, 0, _OPENED))
    yield "account", "community_id, account_id, commodity, kind, owner_id, bounded, opened_at", made
    balances = [(HERE, _COVER + shop, 0, 0) for shop in every]
    yield "balance", "community_id, account_id, posted, held", balances


def _days(shops: int, days: int) -> Iterator[tuple[int, int, int, int]]:
    """Date, shop, number of the day's settling (its sales follow) and fen of each sale."""
    for day in range(1, days + 1):
        for shop in range(1, shops + 1):
            number = 100_000_000 + 1_000 * (day * 10_000 + shop)
            yield MONTH * 100 + day, shop, number, 100 * (1 + (shop * 31 + day * 7) % 40)


def _entries(driver: Any, shops: int, days: int, sales: int) -> Iterator[tuple[str, str, Rows]]:
    found = driver.execute(
        "SELECT kind, account_id FROM account WHERE kind = 'fund' OR kind = 'wallet' AND owner_id = 1"
    ).fetchall()
    own = {str(kind): int(number) for kind, number in found}
    entries: Rows = []
    transfers: Rows = []
    booked: Rows = []
    for date, shop, settle, fen in _days(shops, days):
        at, units, till = midnight(date) + 20 * HOUR, fen * _UNITS_PER_FEN, 1_000 + shop * 10
        for n in range(settle, settle + 1 + sales):
            kind, ref = ("settle", f"R{n}") if n == settle else ("sale", f"M{shop:02d}T1-{n}")
            entries.append((HERE, n, f"r{n}", kind, ref, date, "", at, at, "", HERE, HERE, "", "till", 0, shop,
                            int(n != settle)))  # fmt: skip
            if n == settle:
                continue
            booked.append((HERE, n, shop, till, ref, "sale", units, fen, _UNITS_PER_FEN, date, at))
            transfers.append((HERE, n, 0, CIVIC, own["wallet"], _OFFSET + shop, units))
            transfers.append((HERE, n, 1, CNY, own["fund"], _COVER + shop, fen))
        transfers.append((HERE, settle, 0, CIVIC, _OFFSET + shop, _RETIRED, units * sales))
        transfers.append((HERE, settle, 1, CNY, _COVER + shop, _PAYABLE + shop, fen * sales))
    yield "txn", _TXN, entries
    transfer = "community_id, txn_id, line_no, commodity, debit_id, credit_id, amount"
    yield "transfer", transfer, transfers
    yield "offset_booked", BOOKED, booked
    outbox = [(HERE, row[1], row[8], "txn") for row in entries]
    yield "outbox", "community_id, entry_id, recorded_at, kind", outbox


def _nights(shops: int, days: int, sales: int) -> Iterator[tuple[str, str, Rows]]:
    totals: Rows = []
    for date, shop, settle, each_fen in _days(shops, days):
        fen, units = each_fen * sales, each_fen * sales * _UNITS_PER_FEN
        totals.append((HERE, date % 100, shop, sales, units, 0, fen, 0, sales, fen, 0, sales, 0, 0, 0, units, 0, fen, 0,
                       settle))  # fmt: skip
    yield "night_total", _TOTAL, totals
    dates = [MONTH * 100 + day for day in range(1, days + 1)]
    yield (
        "night_run",
        "community_id, run_no, business_date, run_id, input, first_leaf, end_leaf, state, digest, begun_at, ended_at",
        [(HERE, d % 100, d, f"run{d}", "{}", 0, 0, "locked", f"digest{d}", 0, 0) for d in dates],
    )
    locked: Rows = [(HERE, date, "locked", 0) for date in dates]
    yield "book_day", "community_id, business_date, state, changed_at", locked
    found: Rows = [
        (HERE, (MONTH * 100 + day) * 1_000_000 + shop, day, MONTH * 100 + day, "V1", "", shop, 1_000 + shop * 10,
         f"D{day}-{shop}", 10_000, 500, 10_000, 700, 0, 200, 0, 0, 0, "open", MONTH * 100 + 31, 0, "", 0)
        for day in (5, 20)
        for shop in range(1, shops + 1)
    ]  # fmt: skip
    yield "discrepancy", _FOUND, found
