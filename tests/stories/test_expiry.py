"""Points lapse as each scheme says, and never before the owner was told in time, on paper where there is no phone."""

from __future__ import annotations

import pytest

from ledger import audit
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.earning.scheme_file import SCHEMES
from ledger.expiry import store
from ledger.expiry.lists import Wall, dates, runs, wall_dates
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.members import schemes
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.lapses import (
    expired_in_all,
    expiry,
    give,
    give_back,
    hand_out_all,
    left,
    notices,
    set_aside,
    told,
    use,
    with_phones,
)
from tests.support.town import CIVIC, HERE, Town, build_town, moment


def buy(town: Town, person: int, paid_fen: int) -> str:
    """A purchase through the community's own channel: its points can be spent at once."""
    sale = town.sale(person, paid_fen, channel="gateway")
    return str(check_out_by_gateway(town.desk, sale, at=town.at)["ref"])


@pytest.fixture
def town(db: Database) -> Town:
    """Three people who collect 100, 40 and 25 points on 2 March 2026; person 1 has a phone."""
    town = build_town(db, channel=FakeChannel())
    with_phones(town, 1)
    for person, fen in ((1, 10_000), (2, 4_000), (3, 2_500)):
        buy(town, person, fen)
    return town


def test_a_hundred_points_of_march_2026_lapse_after_march_2028_and_two_notices(town: Town) -> None:
    assert notices(town, "2027-12-31") == []
    assert notices(town, "2028-01-01") == [(90, 3, 16_500, 2)]
    assert told(town, 1) == [(20280331, 10_000)]
    assert notices(town, "2028-01-02") == []
    hand_out_all(town, "2028-01-01")
    use(town, 1, 3_000, "2028-02-10")

    assert notices(town, "2028-02-29") == []
    assert notices(town, "2028-03-01") == [(30, 3, 13_500, 2)]
    hand_out_all(town, "2028-03-01")
    assert told(town, 1) == [(20280331, 7_000)]
    assert expiry(town, "2028-03-31") == (0, {})
    assert expiry(town, "2028-04-01") == (13_500, {})

    assert expiry(town, "2028-04-01") == (0, {})
    assert [left(town, person) for person in (1, 2, 3)] == [0, 0, 0]
    assert expired_in_all(town) == 13_500
    assert told(town, 1) == []
    check_invariants(town.db.engine)


def test_what_was_used_or_collected_later_does_not_lapse(town: Town) -> None:
    town.at = moment("2026-04-05 10:00")
    town.grant(1, 5_000)
    for day in ("2028-01-01", "2028-03-01"):
        notices(town, day)
        hand_out_all(town, day)
    use(town, 1, 9_000, "2028-03-20")

    assert expiry(town, "2028-04-01") == (1_000 + 4_000 + 2_500, {})
    assert left(town, 1) == 5_000


def test_a_slip_handed_out_late_moves_the_day_on_and_its_whole_time_is_kept(town: Town) -> None:
    notices(town, "2028-01-01")
    hand_out_all(town, "2028-01-11")

    assert told(town, 1) == [(20280331, 10_000)]
    assert told(town, 2) == [(20280410, 4_000)]
    assert notices(town, "2028-03-01") == [(30, 1, 10_000, 0)]
    assert notices(town, "2028-03-11") == [(30, 2, 6_500, 2)]
    hand_out_all(town, "2028-03-31")
    assert told(town, 2) == [(20280430, 4_000)]
    assert expiry(town, "2028-04-30") == (10_000, {})
    assert expiry(town, "2028-05-01") == (6_500, {})


def test_nothing_lapses_while_a_slip_lies_in_the_office(town: Town) -> None:
    notices(town, "2028-01-01")
    notices(town, "2028-03-01")

    assert expiry(town, "2028-04-01") == (10_000, {"notice_missing": 2})
    assert expiry(town, "2031-01-01") == (0, {"notice_missing": 2})
    hand_out_all(town, "2031-01-02")
    assert notices(town, "2031-03-03") == [(30, 2, 6_500, 2)]
    assert expiry(town, "2031-04-03") == (0, {"slip_not_handed_out": 2})
    hand_out_all(town, "2031-04-03")
    assert expiry(town, "2031-05-03") == (0, {})
    assert expiry(town, "2031-05-04") == (6_500, {})


def test_nothing_lapses_that_was_never_announced(town: Town) -> None:
    assert expiry(town, "2032-01-01") == (0, {})
    assert notices(town, "2032-01-02") == [(90, 3, 16_500, 2)]
    assert expiry(town, "2032-01-03") == (0, {})
    assert told(town, 1) == [(20320401, 10_000)]


def test_the_control_without_the_guard_takes_points_nobody_was_told_of(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.expiry.run.reason_of", lambda *_: "")
    notices(town, "2028-01-01")

    assert expiry(town, "2028-04-01") == (16_500, {})


def test_nights_that_were_missed_cost_no_owner_their_time(town: Town) -> None:
    assert notices(town, "2028-03-15") == [(90, 3, 16_500, 2)]
    hand_out_all(town, "2028-03-15")

    # The cut that is due by now is the one of May 2026: its own last day is near enough.
    assert told(town, 1) == [(20280613, 10_000)]
    assert notices(town, "2028-05-14") == [(30, 3, 16_500, 2)]
    hand_out_all(town, "2028-05-14")
    assert expiry(town, "2028-06-13") == (0, {})
    assert expiry(town, "2028-06-14") == (16_500, {})


def test_points_that_come_back_after_the_notice_wait_for_the_next_date(town: Town) -> None:
    use(town, 1, 6_000, "2027-12-01")
    notices(town, "2028-01-01")
    notices(town, "2028-03-01")
    give_back(town, 1, 6_000, "2028-03-20")

    assert expiry(town, "2028-04-01")[0] == 4_000
    assert left(town, 1) == 6_000
    assert notices(town, "2028-04-02") == [(90, 1, 6_000, 0)]
    assert told(town, 1) == [(20280701, 6_000)]


def test_goods_returned_undo_the_points_of_their_own_day(db: Database) -> None:
    town = build_town(db, channel=FakeChannel())
    with_phones(town, 1)
    bought_at, town.at = town.at, moment("2026-02-10 10:00")
    town.grant(1, 10_000)
    town.at = bought_at
    ref = buy(town, 1, 10_000)
    refund_by_gateway(town.desk, town.refund(ref, 10_000), at=town.later(60))

    # Had the refund eaten the older points, buying and returning would make them young again.
    assert notices(town, "2027-12-01") == [(90, 1, 10_000, 0)]


def test_points_set_aside_for_an_unfinished_purchase_stay(town: Town) -> None:
    for day in ("2028-01-01", "2028-03-01"):
        notices(town, day)
    set_aside(town, 1, 2_000)

    assert expiry(town, "2028-04-01")[0] == 8_000
    set_aside(town, 1, -2_000)
    assert left(town, 1) == 2_000
    assert notices(town, "2028-04-02") == [(90, 1, 2_000, 0)]


def test_arcadia_keeps_a_households_points_two_years_and_tells_three_times(db: Database) -> None:
    text = (SCHEMES / "arcadia.toml").read_text(encoding="utf-8")
    town = build_town(db, scheme_text=text, fund_fen=0)
    with_phones(town, 1, 2, 3)
    year = 2026
    give(town, 1, 1001, 120, f"{year}-06-01")
    give(town, 1, 1001, 35, f"{year + 1}-01-15")

    assert notices(town, f"{year + 2}-10-01") == []
    assert notices(town, f"{year + 2}-10-02") == [(90, 1, 120, 0)]
    assert notices(town, f"{year + 2}-12-01") == [(30, 1, 120, 0)]
    assert expiry(town, f"{year + 3}-01-01") == (0, {"notice_missing": 1})
    assert notices(town, f"{year + 3}-01-01") == [(7, 1, 120, 0)]
    assert told(town, 1, 1001) == [((year + 3) * 10_000 + 108, 120)]
    assert expiry(town, f"{year + 3}-01-09") == (120, {})
    assert left(town, 1, 1001) == 35


@pytest.mark.parametrize("scheme_id", ["qinzao", "hebei", "huludao"])
def test_where_the_scheme_lets_nothing_lapse_nothing_does(db: Database, scheme_id: str) -> None:
    text = (SCHEMES / f"{scheme_id}.toml").read_text(encoding="utf-8")
    town = build_town(db, scheme_text=text, fund_fen=0)
    give(town, 1, 1001, 80, "2026-03-02")

    for year in (2027, 2030, 2050):
        assert notices(town, f"{year}-01-01") == []
        assert expiry(town, f"{year}-06-01") == (0, {})
    assert left(town, 1, 1001) == 80


def test_party_and_civic_points_lapse_apart(town: Town) -> None:
    give(town, 1, 1001, 77, "2026-03-02")

    given = give_notices(town.db, HERE, at=moment("2028-01-01 00:40"))

    assert [(run.commodity, run.units) for run in given.runs] == [(1001, 77), (1002, 16_500)]


def test_rules_that_let_nothing_lapse_any_more_take_the_announcement_back(town: Town) -> None:
    notices(town, "2028-01-01")
    adopt(town, "2028.1", "2028-02-01", '[expiry]\npolicy = "none"\n')

    given = give_notices(town.db, HERE, at=moment("2028-02-01 00:40"))

    assert (given.runs, given.withdrawn) == ([], 3)
    assert expiry(town, "2028-04-01") == (0, {})
    assert told(town, 1) == []


def test_rules_that_give_more_time_move_the_announced_day_on(town: Town) -> None:
    notices(town, "2028-01-01")
    adopt(town, "2028.1", "2028-02-01", EXPIRY.replace("months = 24", "months = 30"))

    notices(town, "2028-03-01")
    assert told(town, 1) == [(20280930, 10_000)]
    assert notices(town, "2028-08-31") == [(30, 1, 10_000, 0)]
    assert expiry(town, "2028-10-01")[0] == 10_000


EXPIRY = (
    '[expiry]\npolicy = "rolling_months"\nmonths = 24\nnotice_days = [90, 30]\nunit = "lot_fifo"\n'
)


def adopt(town: Town, version: str, from_day: str, expiry_text: str) -> None:
    text = town.scheme_text.replace(EXPIRY, expiry_text)
    text = text.replace('version = "2026.1"', f'version = "{version}"')
    text = text.replace("effective_from = 2026-01-01", f"effective_from = {from_day}")
    town.db.write(lambda tx: schemes.adopt(tx, HERE, text, name="changan", by=SYSTEM, at=town.at))


def test_each_run_of_notices_is_kept_with_its_sums_and_written_down_as_an_act(town: Town) -> None:
    notices(town, "2028-01-01")

    with town.db.read() as tx:
        [run] = runs(tx, HERE)
        [act] = audit.acts_on(tx, HERE, f"notices:{run.run_id}")
    assert (run.notice_days, run.made_on, run.wallets, run.slips) == (90, 20280101, 3, 2)
    assert act.act == "expiry.notice"
    assert run.digest in act.after


def test_a_wall_shows_no_sum_of_a_few(town: Town) -> None:
    notices(town, "2028-01-01")

    with town.db.read() as tx:
        assert wall_dates(tx, HERE) == [Wall(CIVIC, 20280331, None, None)]
        [row] = dates(tx, HERE)
    assert (row.wallets, row.units, row.slips_waiting, row.notices_to_come) == (3, 16_500, 2, 3)


def test_a_run_cut_off_between_two_chunks_goes_on_where_it_stood(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHUNK", 1)
    seen: list[int] = []

    def stop(count: int) -> None:
        seen.append(count)
        raise KeyboardInterrupt

    def cut_off(job, when: str) -> None:
        with pytest.raises(KeyboardInterrupt):
            job(town.db, HERE, at=moment(when), each=stop)

    cut_off(give_notices, "2028-01-01 00:40")
    assert notices(town, "2028-01-01") == [(90, 2, 6_500, 2)]
    hand_out_all(town, "2028-01-01")
    cut_off(give_notices, "2028-03-01 00:40")
    # What was told before the first stop is sealed by a later day's run.
    assert notices(town, "2028-03-01") == [(90, 1, 10_000, 0), (30, 2, 6_500, 2)]
    hand_out_all(town, "2028-03-01")
    cut_off(run_expiry, "2028-04-01 00:50")

    assert seen == [1, 1, 1]
    assert expired_in_all(town) == 10_000
    assert expiry(town, "2028-04-01") == (6_500, {})
    assert expired_in_all(town) == 16_500
    assert notices(town, "2028-04-02") == [(30, 1, 10_000, 0)]
    check_invariants(town.db.engine)
