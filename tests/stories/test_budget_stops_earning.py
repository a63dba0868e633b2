"""Chang'an's small budget: warned on day 80, used up on day 96; from then on no new points, and every old one works.

A year of the community gives out 231,374 yuan of points. Day n is n days after 1 January; enrolment grows from 12 % on
day 0 to 42 % on day 365, logistic with its middle at day 150 and a scale of 45 days, and points follow it. Of 30,000
yuan, 24,000 are reached on day 80 and all of it on day 96.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.sealing import Sealing
from ledger.audit import SYSTEM
from ledger.book.accounts import account_id
from ledger.book.balances import wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import schemes
from ledger.members.budget import BudgetUse, check_budget
from ledger.seal.last_signed import LastSigned
from ledger.seal.sealer import seal, size
from ledger.sql import Sql, Tx
from ledger.stock.goods import NewGood, put_good
from ledger.token_keys import KeyClass
from pos.checkout import check_out
from pos.redemption import Piece, RedemptionRequest, redeem
from pos.refunds import refund
from tests.support.invariants import check_invariants
from tests.support.town import CIVIC, HERE, SCHEME, Town, build_town, moment

YEAR_FEN = 23_137_400
CAP_FEN = 3_000_000
FIRST = date(2026, 1, 1)
CROWD = 900
SLICES = 10
"""How often a day of the two that matter is looked at."""

_ACTS = Sql(
    "SELECT at, after FROM audit WHERE community_id = :community_id AND act = 'budget.state'"
    " ORDER BY audit_id"
)


def enrolled(day: int) -> float:
    """The share of households that takes part on a day."""

    def curve(x: int) -> float:
        return 1 / (1 + math.exp(-(x - 150) / 45))

    return 0.12 + 0.30 * (curve(day) - curve(0)) / (curve(365) - curve(0))


def given_until(day: int) -> int:
    """Fen of points given out up to the end of a day of the model."""
    whole = sum(enrolled(n) for n in range(365))
    return int(YEAR_FEN * sum(enrolled(n) for n in range(day + 1)) / whole)


def at_of(day: int, clock: str) -> int:
    return moment(f"{FIRST + timedelta(days=day)} {clock}")


def give(town: Town, fen: int) -> None:
    """The crowd's purchases of some hours, in one entry of a shop."""

    def work(tx: Tx) -> None:
        wallet = Side(
            account_id(tx, HERE, Account.WALLET, CIVIC, CROWD, at=town.at), Account.WALLET
        )
        issued = Side(
            account_id(tx, HERE, Account.ISSUED_CONSUMPTION, CIVIC, at=town.at),
            Account.ISSUED_CONSUMPTION,
        )
        post(
            tx,
            Posting(
                community_id=HERE, kind=Kind.EARN_SPENDING, request_id=new_request_id(town.at),
                occurred_at=town.at, at=town.at, business_date=town.day,
                lines=[Line(issued, wallet, CIVIC, fen * 20)], merchant_id=1, units_per_fen=20,
            ),
        )  # fmt: skip

    town.db.write(work)


def look(town: Town) -> BudgetUse:
    """One round of the running server: seal, count, look."""
    seal(town.db, HERE)
    found = check_budget(town.db, HERE, at=town.at)
    assert found is not None
    return found


def live_until_used_up(town: Town) -> dict[str, tuple[int, int]]:
    """Live from New Year on; gives the day and slice at which each state was reached."""
    reached: dict[str, tuple[int, int]] = {}
    before = 0
    for day in range(120):
        fen = given_until(day) - before
        before += fen
        slices = SLICES if day in {79, 80, 95, 96} else 1
        for part in range(slices):
            town.at = at_of(day, f"{8 + part:02d}:00")
            give(town, fen * (part + 1) // slices - fen * part // slices)
            reached.setdefault(look(town).state, (day, part))
            if "exceeded" in reached:
                return reached
    return reached


def small_town(db: Database, text: str | None = None) -> Town:
    return build_town(
        db, people=2, grant_units=0, scheme_text=text, at=at_of(0, "07:00"),
        opened=moment("2025-12-01 08:00"),
    )  # fmt: skip


def buy(town: Town, total_fen: int, offset_units: int = 0) -> dict[str, Any]:
    card = town.code(1, KeyClass.CARD)
    request = town.sale(1, total_fen, offset_units, token=card)
    return check_out(town.desk, request, at=town.later(200))


def basket(town: Town, good_id: int) -> RedemptionRequest:
    till = town.tills[0]
    ref = till.next_ref(town.day)
    return RedemptionRequest(
        community_id=HERE, terminal_id=till.terminal_id, clerk_id=None,
        request_id=new_request_id(town.at), counter=till.counter, ref=ref,
        token=town.code(2, KeyClass.CARD), lines=(Piece(good_id, 1),), pin=None,
        occurred_at=town.at,
    )  # fmt: skip


def test_it_warns_on_day_80_and_stops_earning_on_day_96(db: Database) -> None:
    town = small_town(db)

    reached = live_until_used_up(town)

    assert (reached["warned"][0], reached["exceeded"][0]) == (80, 96)
    use = look(town)
    # At most what was given out between two looks is given beyond the budget: a tenth of a day here.
    assert 0 <= use.used_fen - CAP_FEN <= (given_until(96) - given_until(95)) // SLICES + 1
    assert use.stops
    with db.read() as tx:
        acts = tx.all(_ACTS, community_id=HERE)
    assert ['"warned"' in acts[0].after, '"exceeded"' in acts[1].after, len(acts)] == [
        True, True, 2,
    ]  # fmt: skip
    check_invariants(db.engine)


def test_a_used_up_budget_stops_new_points_and_nothing_else(db: Database) -> None:
    town = small_town(db)
    town.grant(1, 50_000)
    early = buy(town, 4_000)
    live_until_used_up(town)
    town.at = at_of(97, "10:00")

    bought = buy(town, 5_000, 20_000)
    taken_back = refund(town.desk, town.refund(early["ref"], 4_000), at=town.later(60))

    town.grant(2, 5_000)
    eggs = NewGood(
        merchant_id=1, code="G1", name="鸡蛋", price_units=5_000, commodity=CIVIC, cost_fen=250,
        stock=3,
    )  # fmt: skip
    good_id = db.write(lambda tx: put_good(tx, HERE, eggs, by=SYSTEM, at=town.at))
    handed_out = redeem(town.desk, basket(town, good_id), at=town.later(60))

    assert handed_out["units"] == 5_000
    assert early["earned_units"] == 4_000
    assert (bought["offset_fen"], bought["earned_units"]) == (1_000, 0)
    assert bought["earned_cut_by"] == "budget_used_up"
    assert taken_back["earned_reversed_units"] == 4_000
    with db.read() as tx:
        wallet = wallet_of(tx, HERE, 1, CIVIC)
    assert (wallet.available, wallet.pending) == (30_000, 0)


def test_what_comes_back_makes_room_and_the_next_year_begins_anew(db: Database) -> None:
    town = small_town(db)
    early = buy(town, 40_000)
    town.at = at_of(50, "10:00")
    give(town, CAP_FEN - 1_000)
    assert look(town).stops

    refund(town.desk, town.refund(early["ref"], 40_000), at=town.later(60))
    assert look(town).state == "warned"
    assert buy(town, 1_000)["earned_units"] == 1_000

    give(town, 5_000)
    assert look(town).stops
    assert buy(town, 1_000)["earned_units"] == 0
    town.at = moment("2027-01-01 09:00")
    assert buy(town, 1_000)["earned_units"] == 1_000
    assert look(town).state == "open"


def test_a_larger_budget_adopted_in_the_year_lets_earning_go_on(db: Database) -> None:
    town = small_town(db)
    give(town, CAP_FEN)
    assert look(town).stops
    text = SCHEME.read_text(encoding="utf-8").replace(
        "yearly_cap_fen = 3000000", "yearly_cap_fen = 6000000"
    )
    text = text.replace('version = "2026.1"', 'version = "2026.2"')
    text = text.replace("effective_from = 2026-01-01", "effective_from = 2026-01-02")

    db.write(lambda tx: schemes.adopt(tx, HERE, text, name="c", by=SYSTEM, at=town.at))
    assert buy(town, 1_000)["earned_units"] == 0
    town.at = at_of(1, "09:00")
    assert look(town).state == "open"
    assert buy(town, 1_000)["earned_units"] == 1_000


def test_a_scheme_that_stops_something_else_only_warns(db: Database) -> None:
    """What else a scheme names (dearer goods, no new redemption) people decide: points can always be used."""
    text = SCHEME.read_text(encoding="utf-8").replace(
        "stop_earning_keep_redeeming", "stop_new_redemption"
    )
    town = small_town(db, text)
    give(town, CAP_FEN)

    use = look(town)

    assert (use.state, use.stops) == ("exceeded", False)
    assert buy(town, 1_000)["earned_units"] == 1_000


def test_looking_again_changes_nothing(db: Database) -> None:
    town = small_town(db)
    give(town, CAP_FEN)
    first = look(town)

    assert [look(town) for _ in range(3)] == [first] * 3
    with db.read() as tx:
        assert len(tx.all(_ACTS, community_id=HERE)) == 1


def test_opening_balances_are_no_issue_of_this_year(db: Database) -> None:
    town = small_town(db)

    def work(tx: Tx) -> None:
        wallet = Side(account_id(tx, HERE, Account.WALLET, CIVIC, 1, at=town.at), Account.WALLET)
        grants = Side(
            account_id(tx, HERE, Account.ISSUED_GRANT, CIVIC, at=town.at), Account.ISSUED_GRANT
        )
        for source, units in (("import", 7_000_000), ("office", 2_000)):
            post(
                tx,
                Posting(
                    community_id=HERE, kind=Kind.GRANT, request_id=new_request_id(town.at),
                    occurred_at=town.at, at=town.at, business_date=town.day, source=source,
                    lines=[Line(grants, wallet, CIVIC, units)],
                ),
            )  # fmt: skip

    db.write(work)

    assert look(town).used_fen == 100


def test_the_first_day_without_rules_is_no_fault(db: Database) -> None:
    text = SCHEME.read_text(encoding="utf-8").replace(
        "effective_from = 2026-01-01", "effective_from = 2026-02-01"
    )
    town = small_town(db, text)

    assert check_budget(db, HERE, at=town.at) is None
    with pytest.raises(Refusal, match="scheme_missing"):
        town.desk.terms_of(HERE).scheme_on(20260115)


def test_a_running_servers_own_round_stops_earning_and_a_fault_of_it_stops_no_seal(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = small_town(db)
    last_signed = LastSigned(tmp_path / "last")
    sealing = Sealing(db, town.vault, last_signed, now=lambda: town.at, every_s=1)
    give(town, CAP_FEN)
    assert buy(town, 1_000)["earned_units"] == 1_000

    with monkeypatch.context() as broken:
        broken.setattr("kiosk.sealing.check_budget", lambda *_, **__: 1 / 0)
        sealing.work_once()
    with db.read() as tx:
        assert size(tx, HERE) > 0
    assert buy(town, 1_000)["earned_units"] == 1_000

    sealing.work_once()
    assert buy(town, 1_000)["earned_units"] == 0
