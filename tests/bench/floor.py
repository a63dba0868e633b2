"""The floor of a checkout: the same rows by constant statements in one transaction, with no checks and no decisions."""

from __future__ import annotations

from typing import Any

from ledger.database import Database
from ledger.ids import new_id, new_request_id
from ledger.refs import make_reference
from ledger.sql import Sql, Tx

_ROWS = (
    Sql(
        "INSERT INTO token_use (community_id, kid, serial, issued_at_s, sequence, used_at, terminal_id, request_id,"
        " outcome) VALUES (:c, 2, :person, :txn, 1, :at, :terminal, :request, 'used') /* community_id */"
    ),
    Sql(
        "UPDATE balance SET posted = posted - 20000 WHERE community_id = :c AND account_id = :wallet"
    ),
    Sql(
        "INSERT INTO txn (community_id, txn_id, request_id, kind, ref, business_date, scheme_period, occurred_at,"
        " recorded_at, scheme_version, units_per_fen, person_id, wallet_owner_id, card_serial, card_issue, merchant_id,"
        " branch_id, terminal_id, issuing_community, accepting_community, reason_key, source, provisional) VALUES"
        " (:c, :txn, :request, 'sale', :ref, :day, '202603', :at, :at, 'changan/2026.1', 20, :person, :person, :person,"
        " 1, :shop, :shop, :terminal, :c, :c, 'sale_offset', 'till', 0)"
    ),
    Sql(
        "INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id, amount) VALUES"
        " (:c, :txn, 0, 1002, :wallet, :offset, 20000), (:c, :txn, 1, 1002, :issued, :pending, 4000)"
    ),
    Sql(
        "INSERT INTO outbox (community_id, entry_id, kind, recorded_at) VALUES (:c, :txn, 'txn', :at)"
    ),
    Sql(
        "INSERT INTO offset_booked (community_id, txn_id, claimant_id, terminal_id, ref, kind, units, fen,"
        " units_per_fen, business_date, occurred_at) VALUES (:c, :txn, :shop, :terminal, :ref, 'sale', 20000, 1000, 20,"
        " :day, :at)"
    ),
    Sql(
        "INSERT INTO pending (community_id, txn_id, wallet_owner_id, commodity, merchant_id, units, left_units, state,"
        " business_date) VALUES (:c, :txn, :person, 1002, :shop, 4000, 4000, 'open', :day)"
    ),
    Sql(
        "INSERT INTO evidence (community_id, txn_id, sale_id, route, channel, merchant_id, terminal_id, counter,"
        " paid_fen, paid_at, state) VALUES (:c, :txn, :request, 'till', 'scan', :shop, :terminal, 1, 4000, :at,"
        " 'claimed')"
    ),
    Sql(
        "INSERT INTO sale (community_id, sale_id, ref, state, merchant_id, terminal_id, person_id, wallet_owner_id,"
        " business_date, occurred_at, total_fen, offset_fen, offset_units, paid_fen, earned_units, refunded_fen, route,"
        " txn_id, plan) VALUES (:c, :request, :ref, 'done', :shop, :terminal, :person, :person, :day, :at, 5000, 1000,"
        " 20000, 4000, 4000, 0, 'till', :txn, '{}')"
    ),
    Sql(
        "INSERT INTO request (community_id, request_id, kind, body_hash, outcome, code, response, txn_id,"
        " balance_after, received_at) VALUES (:c, :request, 'sale', :hash, 'done', '', :response, :txn, 0, :at)"
    ),
    Sql(
        "INSERT INTO cap_counter (community_id, subject_id, cap_code, period_key, used, cap) VALUES"
        " (:c, :person, 'F1', :day, 4000, 80000), (:c, :person, 'F2', 202603, 4000, 300000),"
        " (:c, :person, 'F3', 202603, 20000, 120000), (:c, :person, 'F4', :day, 20000, 1000000),"
        " (:c, :person, 'F5', :day, 20000, 100000)"
        " ON CONFLICT (community_id, subject_id, cap_code, period_key) DO UPDATE SET used = cap_counter.used"
    ),
    Sql(
        "INSERT INTO visit (community_id, person_id, merchant_id, last_at) VALUES (:c, :person, :shop, :at)"
        " ON CONFLICT (community_id, person_id, merchant_id) DO UPDATE SET last_at = excluded.last_at"
    ),
    Sql("UPDATE balance SET held = held + 1000 WHERE community_id = :c AND account_id = :cover"),
)


class Floor:
    """Writes what the reference sale writes."""

    def __init__(self, db: Database, accounts: dict[str, Any], *, pipelined: bool) -> None:
        """`accounts`: wallets and pending by person, offset and cover by shop, issued."""
        self._db = db
        self._accounts = accounts
        self._pipelined = pipelined

    def write(
        self, person: int, shop: int, terminal: int, code: str, counter: int, *, at: int, day: int
    ) -> str:
        """One sale's rows in one transaction; the reference it wrote."""
        params = {
            "c": 1,
            "txn": new_id(at),
            "request": new_request_id(at),
            "person": person,
            "shop": shop,
            "terminal": terminal,
            "at": at,
            "day": day,
            "ref": make_reference(code, day, counter),
            "wallet": self._accounts["wallet"][person],
            "pending": self._accounts["pending"][person],
            "offset": self._accounts["offset"][shop],
            "cover": self._accounts["cover"][shop],
            "issued": self._accounts["issued"],
            "hash": b"\0" * 32,
            "response": '{"ref":"M01T1-260302-00001-X","total_fen":5000}',
        }

        def work(tx: Tx) -> None:
            if self._pipelined:
                with tx.batch() as batch:
                    for sql in _ROWS:
                        batch.add(sql, params)
            else:
                for sql in _ROWS:
                    tx.execute(sql, params)

        self._db.write(work)
        return str(params["ref"])
