"""What was said, given and decided, and which entries a holder can name."""

from __future__ import annotations

from typing import Final

from ledger.sql import Row, Sql, Tx

# What an entry took from the wallet with a card, less what came back of it. A sale that the community bore already
# (sold without network with a card reported lost) cost the holder nothing.
_OUT: Final = (
    "SELECT x.txn_id, x.kind, x.ref, x.business_date, x.occurred_at, x.merchant_id, x.person_id, x.wallet_owner_id,"
    " x.card_serial, x.card_issue, x.request_id, x.scheme_version, t.commodity, t.amount"
    "  - coalesce((SELECT sum(r.units_back) FROM refund r JOIN sale s ON s.community_id = r.community_id"
    "    AND s.sale_id = r.sale_id WHERE s.community_id = x.community_id AND s.sale_id = x.request_id"
    "    AND r.state = 'done'), 0)"
    "  - coalesce((SELECT sum(g.units) FROM goods_return g WHERE g.community_id = x.community_id"
    "    AND g.redemption_id = x.request_id), 0) AS units_out,"
    " CASE WHEN EXISTS (SELECT 1 FROM pin_shown p WHERE p.community_id = x.community_id"
    "  AND p.request_id = x.request_id) THEN 1 ELSE 0 END AS pin_asked"
    " FROM txn x JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id"
    " JOIN account d ON d.community_id = t.community_id AND d.account_id = t.debit_id AND d.kind = 'wallet'"
    " JOIN account c ON c.community_id = t.community_id AND c.account_id = t.credit_id"
    "  AND c.kind IN ('offset', 'redeemed')"
    " WHERE x.community_id = :community_id AND x.kind IN ('sale', 'redeem') AND x.card_serial IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM offline_sale o WHERE o.community_id = x.community_id"
    "  AND o.request_id = x.request_id AND o.state IN ('loss', 'twice'))"
    # One that counts as another household's by now took nothing from this one.
    " AND NOT EXISTS (SELECT 1 FROM rebooked q WHERE q.community_id = x.community_id AND q.txn_id = x.txn_id)"
)
_TO_NAME: Final = Sql(
    f"{_OUT} AND x.wallet_owner_id IN (:household_id, :person_id) AND x.person_id = :person_id"
    " AND x.business_date >= :since AND NOT EXISTS (SELECT 1 FROM misuse_entry m"
    "  WHERE m.community_id = x.community_id AND m.txn_id = x.txn_id)"
    " ORDER BY x.txn_id DESC LIMIT :most"
)
_ONE_OUT: Final = Sql(f"{_OUT} AND x.txn_id = :txn_id")
_FORM: Final = (
    "SELECT f.form_id, f.person_id, f.household_id, f.told, f.source, f.taken_by, f.business_date, f.due_date,"
    " f.taken_at, (SELECT count(*) FROM misuse_entry e WHERE e.community_id = f.community_id"
    "  AND e.form_id = f.form_id) AS entries,"
    " (SELECT count(*) FROM misuse_entry e JOIN misuse_end z ON z.community_id = e.community_id"
    "  AND z.txn_id = e.txn_id WHERE e.community_id = f.community_id AND e.form_id = f.form_id) AS decided,"
    " (SELECT count(*) FROM misuse_entry e WHERE e.community_id = f.community_id AND e.form_id = f.form_id"
    "  AND e.pin_asked = 0 AND NOT EXISTS (SELECT 1 FROM misuse_given g WHERE g.community_id = e.community_id"
    "   AND g.txn_id = e.txn_id) AND NOT EXISTS (SELECT 1 FROM misuse_end z"
    "   WHERE z.community_id = e.community_id AND z.txn_id = e.txn_id)) AS to_give"
    " FROM misuse_form f WHERE f.community_id = :community_id"
)
_ONE_FORM: Final = Sql(f"{_FORM} AND f.form_id = :form_id")
_NEWEST: Final = Sql(f"{_FORM} ORDER BY f.form_id DESC LIMIT :most")
_OF_PERSON: Final = Sql(f"{_FORM} AND f.person_id = :person_id ORDER BY f.form_id DESC LIMIT :most")
_ENTRIES: Final = Sql(
    "SELECT e.txn_id, e.form_id, e.commodity, e.wallet_owner_id, e.units, e.pin_asked, x.kind, x.ref, x.merchant_id,"
    " x.occurred_at, x.business_date, x.person_id, x.scheme_version, x.request_id, g.units AS given_units, g.is_final,"
    " g.given_by, g.given_at, z.how, z.why, z.decided_by, z.decided_at, z.taken_units, z.owed_units"
    " FROM misuse_entry e JOIN txn x ON x.community_id = e.community_id AND x.txn_id = e.txn_id"
    " LEFT JOIN misuse_given g ON g.community_id = e.community_id AND g.txn_id = e.txn_id"
    " LEFT JOIN misuse_end z ON z.community_id = e.community_id AND z.txn_id = e.txn_id"
    " WHERE e.community_id = :community_id AND e.form_id = :form_id ORDER BY e.txn_id"
)
_OPEN: Final = (
    " FROM misuse_form f JOIN misuse_entry e ON e.community_id = f.community_id AND e.form_id = f.form_id"
    " LEFT JOIN misuse_end z ON z.community_id = e.community_id AND z.txn_id = e.txn_id"
    " WHERE f.community_id = :community_id AND z.txn_id IS NULL"
)
_OPEN_COUNT: Final = Sql(f"SELECT count(DISTINCT f.form_id) AS n{_OPEN}")
_DUE: Final = Sql(
    f"SELECT DISTINCT f.form_id{_OPEN} AND e.pin_asked = 0 AND f.due_date <= :day AND NOT EXISTS"
    " (SELECT 1 FROM misuse_given g WHERE g.community_id = e.community_id AND g.txn_id = e.txn_id)"
    " ORDER BY f.form_id"
)
_BORNE: Final = Sql(
    "SELECT g.txn_id FROM misuse_given g LEFT JOIN misuse_end z ON z.community_id = g.community_id"
    " AND z.txn_id = g.txn_id WHERE g.community_id = :community_id AND g.txn_id = :txn_id"
    " AND (z.how IS NULL OR z.how = 'upheld')"
)
MOST: Final = 40
"""The most entries a form can name, and the most that are shown to choose from."""


def to_name(
    tx: Tx, community_id: int, person_id: int, household_id: int, *, since: int
) -> list[Row]:
    """The entries by card since a business date (yyyymmdd) that nobody has named, newest first; `units_out` > 0."""
    rows = tx.all(
        _TO_NAME,
        community_id=community_id,
        person_id=person_id,
        household_id=household_id,
        since=since,
        most=MOST,
    )
    return [row for row in rows if row.units_out > 0]


def find_out(tx: Tx, community_id: int, txn_id: int) -> Row | None:
    """What an entry by card took from a wallet and what of it is still out (`units_out`); None for any other entry."""
    return tx.find(_ONE_OUT, community_id=community_id, txn_id=txn_id)


def find_form(tx: Tx, community_id: int, form_id: int) -> Row | None:
    """One form; `to_give`: how many entries still wait for their points."""
    return tx.find(_ONE_FORM, community_id=community_id, form_id=form_id)


def newest(tx: Tx, community_id: int, *, most: int = 50) -> list[Row]:
    """The newest forms."""
    return tx.all(_NEWEST, community_id=community_id, most=most)


def forms_of(tx: Tx, community_id: int, person_id: int, *, most: int = 5) -> list[Row]:
    """A holder's forms, newest first."""
    return tx.all(_OF_PERSON, community_id=community_id, person_id=person_id, most=most)


def entries_on(tx: Tx, community_id: int, form_id: int) -> list[Row]:
    """What a form names, with what was given back and how it was decided."""
    return tx.all(_ENTRIES, community_id=community_id, form_id=form_id)


def count_open(tx: Tx, community_id: int) -> int:
    """How many forms wait for a decision."""
    return int(tx.get(_OPEN_COUNT, community_id=community_id).n)


def due_forms(tx: Tx, community_id: int, *, day: int) -> list[int]:
    """The forms whose points are due back by a business date (yyyymmdd) and were not given."""
    return [int(row.form_id) for row in tx.all(_DUE, community_id=community_id, day=day)]


def is_borne(tx: Tx, community_id: int, txn_id: int | None) -> bool:
    """Whether the community bears this entry: its points were given back, and nobody took them again."""
    if txn_id is None:
        return False
    return tx.find(_BORNE, community_id=community_id, txn_id=txn_id) is not None
