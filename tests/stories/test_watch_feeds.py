"""What the watch looks at comes from the book: who paid by the bill, caps by the scheme, codes by the tills."""

from __future__ import annotations

import pytest

from ledger.audit import SYSTEM
from ledger.channel_bills.store import Sent
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Sql
from pos.bill_taking import take_channel_bill
from pos.checkout import check_out
from settlement.night import run_night
from settlement.watch_run import watch_day
from tests.support.channel_bills import Paid, wechat
from tests.support.town import HERE, Town, build_town, moment

DAY, NEXT = 20260302, 20260303
FLAGS = Sql(
    "SELECT rule, business_date, merchant_id, terminal_id FROM watch_flag WHERE community_id = :community_id"
    " ORDER BY rule, business_date"
)
OPENID = b"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


@pytest.fixture
def town(db: Database) -> Town:
    town = build_town(db, people=4, shops=2, grant_units=100_000)
    town.at = moment("2026-03-02 10:00")
    return town


def night(town: Town, day: int) -> set[str]:
    """A night and its look at the day; gives the rules that were raised so far."""
    at = moment(f"{str(day)[:4]}-{str(day)[4:6]}-{int(str(day)[6:]) + 1:02d} 02:00")
    assert run_night(town.db, HERE, day, at=at).state == "locked"
    watch_day(town.db, HERE, day, at=at)
    with town.db.read() as tx:
        return {row.rule for row in tx.all(FLAGS, community_id=HERE)}


def four_buy(town: Town) -> list[Paid]:
    """Four people buy at one shop, half an hour apart; gives what a channel was paid."""
    paid = []
    for person in range(1, 5):
        check_out(town.desk, town.sale(person, 5_000 + person), at=town.at)
        paid.append(
            Paid(_clock(town.at), f"42000000000000000000000000{person:02d}", 5_000 + person)
        )
        town.later(1_800)
    return paid


def _clock(at: int) -> str:
    minutes = (at - moment("2026-03-02 00:00")) // 60_000_000
    return f"2026-03-02 {minutes // 60:02d}:{minutes % 60:02d}:00"


def bill_comes(town: Town, body: bytes) -> None:
    town.at = moment("2026-03-03 10:00")
    sent = Sent("a.csv", body)
    assert take_channel_bill(town.desk, HERE, 1, sent, by=SYSTEM, at=town.at)["sales"] == 4


def test_one_payer_behind_four_accounts_shows_in_the_night_after_the_bill(town: Town) -> None:
    paid = four_buy(town)
    assert "F13" not in night(town, DAY)

    bill_comes(town, wechat(paid))

    assert "F13" in night(town, NEXT)


def test_four_payers_are_four_payers(town: Town) -> None:
    """Control: the same bill, each line with its own payer."""
    body = wechat(four_buy(town))
    parts = body.split(OPENID)
    each = b"".join(part + b"oPayer%d" % n for n, part in enumerate(parts[:-1])) + parts[-1]
    night(town, DAY)

    bill_comes(town, each)

    assert "F13" not in night(town, NEXT)


def test_who_paid_is_kept_as_a_pseudonym_alone(town: Town) -> None:
    body = wechat(four_buy(town))
    bill_comes(town, body)
    with town.db.engine.connect() as connection:
        payers = (
            connection.exec_driver_sql("SELECT DISTINCT payer FROM channel_payer").scalars().all()
        )

    assert len(payers) == 1
    assert OPENID.decode() not in payers[0]


def bills_of(town: Town, fen: int) -> None:
    """One person has three bills of so many fen at one shop."""
    for _ in range(3):
        check_out(town.desk, town.sale(1, fen), at=town.at)
        town.later(3_600)


def test_bills_just_below_what_earns_at_most_again_and_again_are_looked_at(town: Town) -> None:
    bills_of(town, 49_000)

    assert "F4" in night(town, DAY)


@pytest.mark.parametrize("fen", [30_000, 50_000], ids=["well below", "not below"])
def test_bills_well_below_it_and_at_it_are_let_be(town: Town, fen: int) -> None:
    """Control."""
    bills_of(town, fen)

    assert "F4" not in night(town, DAY)


@pytest.mark.parametrize(
    ("waits_s", "code"), [(30, "token_used"), (240, "token_expired")], ids=["at once", "run out"]
)
def test_a_picture_of_a_code_at_a_second_shop_is_refused_there_and_raised(
    town: Town, waits_s: int, code: str
) -> None:
    token = town.code(1)
    check_out(town.desk, town.sale(1, 5_000, token=token), at=town.at)
    town.later(waits_s)

    with pytest.raises(Refusal, match=code):
        check_out(town.desk, town.sale(1, 3_000, till=1, token=token), at=town.at)

    assert "R5" in night(town, DAY)
    with town.db.read() as tx:
        [flag] = [row for row in tx.all(FLAGS, community_id=HERE) if row.rule == "R5"]
    assert flag.merchant_id == town.tills[1].merchant_id


def test_a_code_read_twice_by_one_till_is_an_impatient_hand(town: Town) -> None:
    """Control."""
    token = town.code(1)
    check_out(town.desk, town.sale(1, 5_000, token=token), at=town.at)
    town.later(20)

    with pytest.raises(Refusal, match="token_used"):
        check_out(town.desk, town.sale(1, 3_000, token=token), at=town.at)

    assert "R5" not in night(town, DAY)


def test_a_code_that_only_ran_out_was_shown_nowhere_before(town: Town) -> None:
    """Control."""
    token = town.code(1)
    town.later(240)

    with pytest.raises(Refusal, match="token_expired"):
        check_out(town.desk, town.sale(1, 3_000, till=1, token=token), at=town.at)

    assert "R5" not in night(town, DAY)
