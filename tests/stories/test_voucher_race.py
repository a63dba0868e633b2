"""Two tills of one provider redeem one voucher at the same moment: exactly one succeeds; without the guard both do."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator

import pytest

from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.members.terms import Terms
from ledger.services import endings
from ledger.services.vouchers import find_by_serial
from ledger.sql import Row, Sql, Tx
from pos.desk import StaleTermsError
from pos.voucher_use import VoucherUse, use_voucher
from tests.support.invariants import BrokenInvariantError, check_invariants
from tests.support.races import desk_in_process, run_processes, told
from tests.support.town import CIVIC, HERE, Town
from tests.support.vouchers import BARBER, buy, offer, used, voucher_town

_FORK = multiprocessing.get_context("fork")


def two_at_once(url: str, patch: pytest.MonkeyPatch) -> tuple[list[str], Town]:
    """Both tills have seen the voucher open before either writes; their answers and the town."""
    db = Database(url)
    town = voucher_town(db, tills_each=2)
    number = buy(town, offer(town))["number"]
    asked = [used(town, number, till=till) for till in (0, 1)]
    db.close()
    together = _FORK.Barrier(2)
    patch.setattr(endings, "find_by_serial", seen_open([]))

    def job(number: int) -> str:
        request: VoucherUse = asked[number]
        with desk_in_process(town, url) as desk:
            look = desk.refresh

            def after_both(community_id: int) -> Terms:
                together.wait(60)
                return look(community_id)

            desk.terms_of(HERE)
            patch.setattr(desk.__class__, "refresh", lambda _desk, here: after_both(here))
            return told(lambda: use_voucher(desk, request, at=town.at))

    answers = run_processes(2, job)
    patch.setattr(endings, "find_by_serial", find_by_serial)
    town.db = Database(url)
    return sorted(answers), town


def seen_open(seen: list[Row | None]) -> Callable[[Tx, int, int], Row | None]:
    """Reads as a till does that looked first and wrote later.

    SQLite's writer looks while it holds the only lock, which guards by itself; this takes that away, so that what is
    left is the guard under test. Only the first try is stale: a guard that misses decides anew.
    """

    def find(tx: Tx, community_id: int, serial: int) -> Row | None:
        row = find_by_serial(tx, community_id, serial)
        if not seen:
            seen.extend((row, row))
            # Ends this transaction; the next one decides on the row kept here.
            raise StaleTermsError
        return seen.pop() if len(seen) > 1 else row

    return find


@contextlib.contextmanager
def counted(town: Town) -> Iterator[dict[str, int]]:
    """What the book holds afterwards."""
    with town.db.read() as tx:
        yield {
            "voucher": account_sum(tx, HERE, Account.VOUCHER, CIVIC),
            "offset": account_sum(tx, HERE, Account.OFFSET, CIVIC, BARBER),
        }
    town.db.close()


def test_one_voucher_two_tills_one_success(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, town = two_at_once(engine_url, monkeypatch)

    assert answers == ["done", "voucher_used"]
    check_invariants(town.db.engine)
    with counted(town) as book:
        assert book == {"voucher": 0, "offset": 3_000}


def test_without_the_guard_both_succeed_and_the_books_show_it(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = "ON CONFLICT (community_id, voucher_id) DO NOTHING"
    assert guard in endings._END.text
    # The second end is taken for the first: nothing is missed.
    weak = "ON CONFLICT (community_id, voucher_id) DO UPDATE SET ended_at = excluded.ended_at"
    monkeypatch.setattr(endings, "_END", Sql(endings._END.text.replace(guard, weak)))

    answers, town = two_at_once(engine_url, monkeypatch)

    assert answers == ["done", "done"]
    with pytest.raises(BrokenInvariantError):
        check_invariants(town.db.engine)
    with counted(town) as book:
        assert book == {"voucher": -3_000, "offset": 6_000}
