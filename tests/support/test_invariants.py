"""Each invariant is broken once, on purpose, and must be the one that is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import Connection

from ledger.audit import SYSTEM, By
from ledger.book.day import lock
from ledger.book.fund import add_to_fund
from ledger.book.issued import count_issued
from ledger.book.period import BookPeriod, begin_close, close
from ledger.database import Database
from ledger.errors import Refusal
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.expiry.slips import SlipKey, hand_out, slips_waiting
from ledger.households.acts import GIFT
from ledger.members import files, votes
from ledger.members.votes import Ballot
from ledger.seal.sealer import seal
from ledger.sql import Tx
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.refunds import refund
from settlement.cofund import take_shares
from tests.support import (
    invariants_awards,
    invariants_certificates,
    invariants_expiry,
    invariants_fees,
    invariants_households,
    invariants_vouchers,
)
from tests.support.awards import changan_with_minus, decide
from tests.support.fake_channel import FakeChannel
from tests.support.fees import pay_in_part
from tests.support.homes import ask, done
from tests.support.invariants import CHECKS, broken, check_invariants
from tests.support.races import drop_checks
from tests.support.tampering import drop_guards
from tests.support.town import CIVIC, HERE, Town, build_town, moment

_ONE_SALE = "(SELECT min(txn_id) FROM txn WHERE kind = 'sale')"
_FUND = "(SELECT account_id FROM account WHERE kind = 'fund')"
_WALLET = "(SELECT account_id FROM account WHERE kind = 'wallet' AND owner_id = 2)"
_COVER = "(SELECT account_id FROM account WHERE kind = 'cover')"
_SETTLED_COVER = f"UPDATE balance SET held = held + 5 WHERE account_id = {_COVER}"
_OPEN = (
    " AND txn_id NOT IN (SELECT l.entry_id FROM leaf l JOIN period p ON l.leaf_index < p.tree_size)"
)
"""Only what no closed month covers."""


def _moved_to(kind: str, source: str) -> str:
    """Open an account of another kind and let it give what `source` gave since the month was closed."""
    return (
        "INSERT INTO account (community_id, account_id, commodity, kind, owner_id, bounded, opened_at)"
        f" SELECT community_id, 77, commodity, '{kind}', 0, 0, 0 FROM account WHERE kind = '{source}';"
        " UPDATE transfer SET debit_id = 77 WHERE debit_id ="
        f" (SELECT account_id FROM account WHERE kind = '{source}'){_OPEN}"
    )


def _slip_with_yuan(table: str, key: str, column: str) -> str:
    """A slip that says more yuan than its entry moved."""
    names = {
        "redemption": "merchant_id, person_id, wallet_owner_id",
        "goods_return": "redemption_id",
    }[table]
    values = {"redemption": "1, 1, 1", "goods_return": "'planted'"}[table]
    return (
        f"INSERT INTO {table} (community_id, {key}, ref, terminal_id, business_date, occurred_at, units, {column},"
        f" txn_id, {names}) VALUES (1, 'planted', 'planted', 1, 20260302, 0, 100, 7, {_ONE_SALE}, {values})"
    )


MUTATIONS = {
    "debits_equal_credits": (
        "UPDATE transfer SET debit_id = (SELECT account_id FROM account WHERE kind = 'bank')"
        f" WHERE debit_id = (SELECT account_id FROM account WHERE kind = 'issued_consumption'){_OPEN}"
    ),
    "points_given_out_are_somewhere": _moved_to("hidden", "issued_consumption"),
    "what_left_the_funds_is_accounted_for": _moved_to("spent", "bank"),
    "a_till_holds_what_was_paid_beside_points": _moved_to("copaid", "bank"),
    "a_slip_says_the_yuan_in_the_book": _slip_with_yuan("redemption", "redemption_id", "paid_fen"),
    "a_return_says_the_yuan_in_the_book": _slip_with_yuan(
        "goods_return", "return_id", "paid_back_fen"
    ),
    "a_transfer_moves_something": (
        "INSERT INTO transfer (community_id, txn_id, line_no, commodity, debit_id, credit_id,"
        f" amount) SELECT community_id, txn_id, 99, commodity, debit_id, credit_id, 0 FROM transfer"
        f" WHERE txn_id = {_ONE_SALE} AND line_no = 0"
    ),
    "a_balance_is_the_sum_of_its_transfers": (
        f"UPDATE balance SET posted = posted + 1 WHERE account_id = {_FUND}"
    ),
    "a_bounded_account_has_a_balance": (
        "DELETE FROM balance WHERE account_id ="
        " (SELECT account_id FROM account WHERE kind = 'owed' AND owner_id = 3)"
    ),
    "nothing_is_overdrawn": (
        "INSERT INTO hold (community_id, hold_id, account_id, commodity, amount, purpose,"
        f" request_id, opened_at, expires_at) VALUES (1, 7, {_WALLET}, 1002, 99000000, 'sale',"
        " 'x', 0, 0); "
        f"UPDATE balance SET held = held + 99000000 WHERE account_id = {_WALLET}"
    ),
    "held_is_the_sum_of_open_holds": (
        f"UPDATE balance SET held = held + 1 WHERE account_id = {_WALLET}"
    ),
    "a_hold_ends_within_its_amount": "UPDATE hold_end SET captured = 99000000",
    "cover_holds_every_unsettled_offset": _SETTLED_COVER,
    "a_request_moves_points_once": (
        "UPDATE txn SET request_id = 'twice' WHERE kind = 'refund'"
        " OR kind = 'grant' AND person_id = 3"
    ),
    "a_refused_request_moves_nothing": (
        "UPDATE request SET outcome = 'refused' WHERE kind = 'refund'"
    ),
    "every_txn_waits_or_has_its_place": "DELETE FROM outbox WHERE kind = 'txn'",
    "every_act_waits_or_has_its_place": "DELETE FROM outbox WHERE kind = 'act'",
    "places_have_no_gap": (
        "UPDATE leaf SET leaf_index = 1000 WHERE leaf_index = (SELECT max(leaf_index) FROM leaf)"
    ),
    "a_locked_day_takes_nothing_more": (
        "UPDATE txn SET business_date = 20260301 WHERE kind = 'sale'"
    ),
    "a_closed_month_takes_nothing_more": (
        "DELETE FROM book_day WHERE business_date = 20260215;"
        " UPDATE txn SET business_date = 20260215 WHERE kind = 'sale'"
    ),
    "a_correction_names_an_earlier_day": (
        "UPDATE txn SET corrects_date = 20270101 WHERE kind = 'refund'"
    ),
    "rollups_are_the_sums_of_their_entries": "UPDATE rollup SET debits = debits + 1",
    "a_trial_balance_is_what_was_posted": (
        "UPDATE trial_balance SET credits = credits + 1 WHERE kind = 'fund'"
    ),
    "a_share_is_what_its_lines_say": "UPDATE cofund_line SET fen = fen + 1",
    "what_was_given_out_is_counted_once": "UPDATE issue_count SET counted = 0",
    "a_fund_entry_is_what_its_entry_moved": "UPDATE fund_entry SET fen = fen + 1",
    "a_vote_adds_up_and_took_two": "UPDATE vote SET approved_by = proposed_by",
    "pending_is_what_is_left_of_it": (
        "UPDATE pending SET left_units = left_units - 1 WHERE left_units > 0"
    ),
    "an_offset_is_twenty_units_a_fen": "UPDATE offset_booked SET units_per_fen = 21",
    "an_offset_is_what_its_entry_moved": (
        "UPDATE offset_booked SET units = units - 20, fen = fen - 1 WHERE kind = 'refund'"
    ),
    "a_payment_earns_once": "UPDATE evidence SET payment_ref = 'wx1', route = 'reference'",
    "a_confirmed_payment_was_posted": "UPDATE payment_posting SET outcome = 'barred'",
    "a_cap_is_kept": "UPDATE cap_counter SET used = cap + 1",
    "a_sale_adds_up": "UPDATE sale SET paid_fen = paid_fen + 1 WHERE state = 'done'",
    "a_finished_sale_is_in_the_book": ("UPDATE sale SET state = 'done' WHERE state = 'void'"),
    "a_booked_sale_has_its_row": (
        "UPDATE txn SET kind = 'sale' WHERE kind = 'grant' AND person_id = 3"
    ),
    "refunds_add_up": "UPDATE refund SET goods_fen = goods_fen + 1, cash_fen = cash_fen + 1",
    "a_refund_gives_back_what_came_back": "UPDATE refund SET cash_fen = cash_fen + 1",
    **invariants_expiry.MUTATIONS,
    **invariants_awards.MUTATIONS,
    **invariants_fees.MUTATIONS,
    **invariants_certificates.MUTATIONS,
    **invariants_vouchers.MUTATIONS,
    **invariants_households.MUTATIONS,
}


def _lock_day(day: int, at: int, tx: Tx) -> None:
    lock(tx, HERE, day, at=at)


def live_a_little(db: Database) -> Town:
    """A town with every kind of row an invariant looks at."""
    channel = FakeChannel()
    town = build_town(db, grant_units=500_000, channel=channel, scheme_text=changan_with_minus())
    sold = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    check_out(town.desk, town.sale(3, 3_000, payment_ref="wx1"), at=town.at)
    refund(town.desk, town.refund(sold["ref"], 2_500), at=town.later(200))
    closed = moment("2026-03-02 02:00")
    for day in (20260228, 20260301):
        db.write(partial(_lock_day, day, closed))
    size = seal(db, HERE)
    db.write(lambda tx: begin_close(tx, HERE, 202602, at=moment("2026-03-02 02:01")))
    db.write(lambda tx: close(tx, HERE, 202602, size, root="", at=moment("2026-03-02 02:02")))
    count_issued(db, HERE)
    share_a_little(town)
    add_to_fund(
        db, HERE, 1_000, request_id="gift", by=1, at=town.at, business_date=town.day, reason="gift"
    )
    vote_a_little(town)
    seal(db, HERE)
    check_out_by_gateway(town.desk, town.sale(2, 5_000, 20_000, channel="gateway"), at=town.at)
    for trouble, code in (("declined", "payment_declined"), ("pending", "payment_unknown")):
        channel.trouble = lambda _key, say=trouble: say  # type: ignore[misc]
        town.later(200)
        request = town.sale(2, 5_000, 20_000, channel="gateway")
        with pytest.raises(Refusal) as said:
            check_out_by_gateway(town.desk, request, at=town.at)
        assert said.value.code == code
    decide(db, town.scheme_text, "P01", 1, 40)
    decide(db, town.scheme_text, "P09", 1, -20)
    pay_in_part(town, 1)
    invariants_vouchers.buy_a_little(town)
    invariants_certificates.print_a_little(town)
    done(town, ask(1, GIFT, "H00002", units=500))
    let_points_lapse(db)
    return town


def let_points_lapse(db: Database) -> None:
    """Two years on person 3 has had every notice and loses points; person 2's second slip lies in the office."""
    for day, owners in (("2028-01-01", {2, 3}), ("2028-03-01", {3})):
        give_notices(db, HERE, at=moment(f"{day} 00:40"))

        def bring(tx, day=day, owners=owners) -> None:
            slips = [row for row in slips_waiting(tx, HERE) if row.owner_id in owners]
            keys = [SlipKey(*row[:4]) for row in slips]
            hand_out(tx, HERE, keys, by=SYSTEM, at=moment(f"{day} 10:00"))

        db.write(bring)
    assert run_expiry(db, HERE, at=moment("2028-04-01 00:50")).wallets == {CIVIC: 1}


def vote_a_little(town: Town) -> None:
    """Four of five came; three were for it."""
    clerk, chair = By("staff", 1), By("staff", 2)

    def work(tx) -> None:
        kept = files.keep(
            tx, HERE, b"minutes", name="m", media_type="", source="minutes", by=clerk, at=town.at
        )
        ballot = Ballot("setting:coverage_limit_percent=90", "", town.day, 5, 4, 3, 1, 0, kept)
        entered = votes.propose(tx, HERE, ballot, by=clerk, at=town.at)
        votes.approve(tx, HERE, entered, by=chair, at=town.at)

    town.db.write(work)


def share_a_little(town: Town) -> None:
    """The shop bears a fifth of what it gave out until today."""
    with town.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE agreement SET cofund_bp = 2000")
    until_today = BookPeriod(202603, "closing", 20260301, town.day, None, "", "", None)
    take_shares(town.db, HERE, until_today, at=town.at)


@contextmanager
def unguarded(db: Database) -> Iterator[Connection]:
    """A connection on which the database itself lets everything pass; rolled back at the end."""
    with db.engine.connect() as connection:
        if db.dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
            drop_checks(connection)
        drop_guards(connection)
        yield connection
        if db.dialect == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
        connection.rollback()


def test_every_invariant_has_its_mutation() -> None:
    assert set(MUTATIONS) == set(CHECKS)


def test_each_broken_invariant_is_named_and_no_other(db: Database) -> None:
    live_a_little(db)
    check_invariants(db.engine)

    named = {}
    for name, statements in MUTATIONS.items():
        with unguarded(db) as connection:
            touched = [connection.exec_driver_sql(one).rowcount for one in statements.split(";")]
            assert all(touched), name
            named[name] = set(broken(connection))

    assert named == {name: {name} for name in CHECKS}
    check_invariants(db.engine)
