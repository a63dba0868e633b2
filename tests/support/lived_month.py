"""A month of a small town lived through the product: sales, refunds, goods, wrong claims, decisions, payouts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ledger.audit import SYSTEM, By
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.refs import make_reference, read_reference
from ledger.sql import Sql
from ledger.stock.goods import NewGood, put_good
from pos.redemption import Piece, RedemptionRequest, redeem
from settlement.choices import Choice
from settlement.claims import file_daybook
from settlement.closing import accept_statement, run_month
from settlement.daybook import Daybook, DaybookLine, totals_of
from settlement.decisions import Press, approve, decide
from settlement.export.write import write_export
from settlement.night import run_night
from settlement.payouts import approve_payout, confirm_payout, propose_payout, send_payout
from tests.support.fake_channel import FakeChannel
from tests.support.life import Life
from tests.support.night_plant import midnight, next_day
from tests.support.staff_rows import add_staff
from tests.support.town import CIVIC, HERE, Town, build_town, moment

HOUR = 3_600_000_000
ISSUED_AT = moment("2026-04-03 09:00")
EXPORTED_AT = moment("2026-04-05 03:00")
ZHOU, CHIEF = By("staff", 11), By("staff", 12)

Lines = list[DaybookLine]
Change = Callable[[Lines], Sequence[DaybookLine]]

_OPEN = Sql(
    "SELECT discrepancy_no, code FROM discrepancy WHERE community_id = :community_id"
    " AND state = 'open' AND closed_run IS NULL ORDER BY discrepancy_no"
)


@dataclass
class Month:
    """The town, its life, and what is done around its nights."""

    town: Town
    life: Life
    batches: dict[int, int] = field(default_factory=dict)

    def file(self, shop: int, day: int, change: Change = list) -> None:
        """A till files its day, changed on the way."""
        lines = sorted(self.life.lines.pop((shop, day), []), key=lambda line: line.counter)
        lines = sorted(change(lines), key=lambda line: line.counter)
        number = self.batches[shop] = self.batches.get(shop, 0) + 1
        at = midnight(next_day(day)) + HOUR
        book = Daybook(
            business_date=day,
            batch_no=number,
            opened_at=at,
            closed_at=at,
            lines=tuple(lines),
            totals=totals_of(lines),
        )
        file_daybook(self.town.db, HERE, self.town.tills[shop].terminal_id, book, at=at)

    def night(self, day: int) -> None:
        """The night after `day`."""
        result = run_night(self.town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
        assert result.state == "locked"

    def decide(self, code: str, choice: Choice) -> None:
        """Press a button for every open difference of one code; a second person agrees where one must."""
        with self.town.db.read() as tx:
            numbers = [
                row.discrepancy_no for row in tx.all(_OPEN, community_id=HERE) if row.code == code
            ]
        assert numbers
        for number in numbers:
            press = Press(HERE, number, choice, ZHOU, "told by phone", new_request_id(self.town.at))
            answer = decide(self.town.db, press, may_decide=_anybody, at=self.town.at)
            if answer["state"] == "proposed":
                again = press._replace(by=CHIEF, request_id=new_request_id(self.town.at))
                approve(self.town.db, again, may_decide=_anybody, at=self.town.at)


def _anybody(_tx: object, _row: object) -> None:
    return


def start_month(db: Database, folder: Path) -> Month:
    """Two days of March 2026 in two shops; the second day is claimed and its night not run yet."""
    town = build_town(db, people=1, shops=2, grant_units=400_000, channel=FakeChannel(folder))
    add_staff(db, {ZHOU: "accountant", CHIEF: "secretary"}, at=town.at)
    month = Month(town, Life(town, 400_000))
    good_id = _put_eggs(town)
    _sell(month, 20260302)
    _redeem(town, good_id)
    month.file(0, 20260302, _claimed_wrongly)
    month.file(1, 20260302)
    month.night(20260302)
    _sell(month, 20260303)
    month.file(1, 20260303, lambda lines: [_with_fen(lines[0], -50), *lines[1:]])
    return month


def live_month(db: Database, folder: Path) -> Month:
    """March 2026 in two shops, closed and stated; one shop is paid, the other's payout is proposed."""
    month = start_month(db, folder)
    _go_on(month)
    day = 20260306
    while day <= 20260331:
        month.night(day)
        day = next_day(day)
    _pay(month)
    return month


def _go_on(month: Month) -> None:
    town, life = month.town, month.life
    month.night(20260303)
    town.at = moment("2026-03-04 08:00")
    month.decide("V1", Choice.PAY_CLAIMED)
    month.decide("V2", Choice.PAY_BOOKED)
    _sell(month, 20260304)
    # The first day's unclaimed sale comes late, and one receipt comes again.
    repeated = [*month.life.lines[1, 20260304][:1]]
    month.file(0, 20260304)
    month.file(1, 20260304)
    life.lines[1, 20260305] = repeated
    month.file(1, 20260305)
    month.night(20260304)
    month.night(20260305)
    town.at = moment("2026-03-06 08:00")
    month.decide("C1", Choice.PAY_BOOKED)
    month.decide("X1", Choice.PAY_BOOKED)
    life.prove()


def _sell(month: Month, day: int) -> None:
    town, life = month.town, month.life
    town.at = midnight(day) + 9 * HOUR
    for path, fen, wish, shop in (
        ("till", 5_000, 5, 0),
        ("gateway", 3_000, 2, 1),
        ("named", 2_600, 3, 0),
        ("till", 4_000, 1, 1),
        ("till", 3_300, 4, 0),
        ("till", 1_700, 0, 1),
    ):
        town.later(600)
        life.buy(path, fen, wish, shop)
    town.later(600)
    life.give_back(1, 40)
    life.give_back(2, 50)
    assert set(life.said[-6:]) == {"bought"}


def _claimed_wrongly(lines: Lines) -> Lines:
    """One claim too high, one left out, one of a sale that never was."""
    high, left_out, *rest = [line for line in lines if line.kind == "sale" and line.offset_fen]
    others = [line for line in lines if line not in {high, left_out, *rest}]
    made_up = replace(high, ref=_next_ref(high.ref), counter=high.counter + 900)
    return [_with_fen(high, 300), *rest, *others, made_up]


def _next_ref(ref: str) -> str:
    read = read_reference(ref)
    assert read is not None
    return make_reference(read.terminal_code, 20260302, read.counter + 900)


def _with_fen(line: DaybookLine, more: int) -> DaybookLine:
    fen = line.offset_fen + more
    return replace(line, offset_fen=fen, offset_units=fen * 20)


def _put_eggs(town: Town) -> int:
    eggs = NewGood(
        merchant_id=1, code="G001", name="鸡蛋", price_units=25_000, commodity=CIVIC, cost_fen=1_250, stock=3
    )  # fmt: skip
    return town.db.write(lambda tx: put_good(tx, HERE, eggs, by=SYSTEM, at=town.at))


def _redeem(town: Town, good_id: int) -> None:
    town.later(600)
    till = town.tills[0]
    ref = till.next_ref(town.day)
    request = RedemptionRequest(
        community_id=HERE,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id=new_request_id(town.at),
        counter=till.counter,
        ref=ref,
        token=town.code(1),
        lines=(Piece(good_id, 2),),
        pin=None,
        occurred_at=town.at,
    )
    redeem(town.desk, request, at=town.at)


def _pay(month: Month) -> None:
    db, at = month.town.db, ISSUED_AT
    statements = run_month(db, HERE, 202603, at=at).statements
    assert len(statements) == 2
    for statement in statements:
        owner = By("merchant", statement.claimant_id)
        accept_statement(db, HERE, statement.statement_id, by=owner, at=at + HOUR)
    first, second = statements
    payout = propose_payout(db, HERE, first.statement_id, by=ZHOU, at=at + 2 * HOUR)
    here = (HERE, payout.payout_id)
    approve_payout(db, *here, by=CHIEF, at=at + 3 * HOUR)
    send_payout(db, None, *here, by=ZHOU, at=at + 4 * HOUR)
    confirm_payout(db, *here, by=ZHOU, at=at + 30 * HOUR)
    propose_payout(db, HERE, second.statement_id, by=ZHOU, at=at + 2 * HOUR)


def export_of(database: Path, out: Path) -> Path:
    """The export of a SQLite file, written into `out`."""
    db = Database(f"sqlite:///{database}")
    write_export(db, HERE, out, at=EXPORTED_AT)
    db.close()
    return out
