"""A day on paper: sixty slips typed in at night leave the same book, claims and settlement as sixty sales online."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from kiosk.office.paper import daybook_of
from ledger.audit import SYSTEM, By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import merchants, staff, terminals
from ledger.members.codes import card_number
from ledger.offline.bound import bound
from ledger.offline.shops import decide_shop
from ledger.refs import make_reference
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from pos import paper
from pos.checkout import check_out
from pos.notices import KEYED, told_to
from pos.offline.keying import Slip, key_in
from pos.paper import Sheet, check_sheet, slips_of
from settlement.claims import file_daybook
from settlement.night import run_night
from tests.support.engines import SqliteFiles
from tests.support.invariants import check_invariants
from tests.support.staff_rows import add_staff
from tests.support.town import HERE, Town, build_town, moment

DAY = 20260302
CLERK = By("staff", 1)
PEOPLE, SLIPS = 20, 60

# Every account of the book by what it is for; pads and tills have no accounts of their own.
_BOOK = Sql(
    "SELECT a.kind, a.commodity, a.owner_id,"
    " coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.community_id = a.community_id"
    "  AND t.credit_id = a.account_id), 0)"
    " - coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.community_id = a.community_id"
    "  AND t.debit_id = a.account_id), 0) AS amount"
    " FROM account a WHERE a.community_id = :community_id ORDER BY a.kind, a.commodity, a.owner_id"
)


class Bought(NamedTuple):
    """One purchase: when (minutes after nine), whose card, amounts."""

    minute: int
    person: int
    total_fen: int
    offset_units: int
    channel: str


def purchases() -> list[Bought]:
    """Sixty over eight hours; twice somebody comes back within two minutes, which earns once."""
    draw = Random("paper day")
    made: list[Bought] = []
    for number in range(SLIPS):
        person = number % PEOPLE + 1
        minute = number * 8
        if number in {20, 40}:
            person, minute = made[-1].person, made[-1].minute + 1
        total = draw.randrange(2_000, 9_000)
        units = draw.choice([0, 2_000, 2_000])
        made.append(
            Bought(minute, person, total, units, draw.choice(["scan", "cash", "credit_card"]))
        )
    return made


_ACTIVE = Sql(
    "UPDATE terminal SET state = 'active' WHERE community_id = :community_id AND terminal_id = :terminal_id"
)
_NUMBER = Sql(
    "UPDATE card SET number = :number WHERE community_id = :community_id AND serial = :serial"
)


def town_in(sqlite_files: SqliteFiles, path: Path) -> Town:
    """A town of its own."""
    db = Database(sqlite_files.copy_to(path))
    town = build_town(db, people=PEOPLE, grant_units=50_000)

    def work(tx) -> None:
        for serial in range(1, PEOPLE + 1):
            tx.run(_NUMBER, community_id=HERE, serial=serial, number=card_number(serial))

    db.write(work)
    return town


def at_minute(minute: int) -> int:
    return moment("2026-03-02 09:00") + minute * 60_000_000


def sell_online(town: Town) -> None:
    for one in purchases():
        town.at = at_minute(one.minute)
        sale = town.sale(
            one.person,
            one.total_fen,
            one.offset_units,
            token=town.code(one.person, KeyClass.CARD),
            channel=one.channel,
        )
        check_out(town.desk, sale, at=town.at)


def open_pad(town: Town, code: str = "M01P1") -> int:
    """A pad of the first shop, and points on paper allowed."""

    def work(tx) -> int:
        decide_shop(tx, HERE, 1, 200_000, why="停电", by=CLERK, at=town.at)
        return terminals.open_terminal(tx, HERE, 1, code=code, kind="paper", by=SYSTEM, at=town.at)

    pad = town.db.write(work)
    town.desk.refresh(HERE)
    return pad


def slip_of(pad: int, number: int, one: Bought, code: str = "M01P1") -> Slip:
    return Slip(
        terminal_id=pad,
        ref=make_reference(code, DAY, number),
        card_number=card_number(one.person),
        total_fen=one.total_fen,
        offset_units=one.offset_units,
        channel=one.channel,
        sold_at=at_minute(one.minute),
    )


def type_in(town: Town, slip: Slip) -> dict[str, Any]:
    return key_in(town.desk, HERE, slip, by=CLERK, at=moment("2026-03-02 19:00"))


def file(town: Town, terminal_id: int, code: str) -> dict[str, Any]:
    with town.db.read() as tx:
        keyed = slips_of(tx, HERE, terminal_id, code, DAY)
    book = daybook_of(keyed, DAY, 1)
    return file_daybook(town.db, HERE, terminal_id, book, at=moment("2026-03-02 20:00"))


def book_of(town: Town) -> dict[tuple[str, int, int], int]:
    with town.db.read() as tx:
        rows = tx.all(_BOOK, community_id=HERE)
    return {(row.kind, row.commodity, row.owner_id): int(row.amount) for row in rows if row.amount}


def sheet_of(bought: list[Bought], **changes: Any) -> Sheet:
    fields: dict[str, Any] = {
        "first": 1,
        "last": len(bought),
        "spoilt": frozenset(),
        "slips": len(bought),
        "total_fen": sum(one.total_fen for one in bought),
        "units": sum(one.offset_units for one in bought),
        **changes,
    }
    return Sheet(**fields)


@pytest.mark.slow
def test_sixty_slips_typed_in_close_like_sixty_sales_online(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    online, on_paper = (town_in(sqlite_files, tmp_path / name) for name in ("a.db", "b.db"))
    sell_online(online)
    pad = open_pad(on_paper)
    bought = purchases()
    for number, one in enumerate(bought, start=1):
        type_in(on_paper, slip_of(pad, number, one))
    with on_paper.db.read() as tx:
        check_sheet(sheet_of(bought), slips_of(tx, HERE, pad, "M01P1", DAY))

    claimed = [file(online, online.tills[0].terminal_id, "M01T1"), file(on_paper, pad, "M01P1")]
    nights = [
        run_night(town.db, HERE, DAY, at=moment("2026-03-03 02:00")) for town in (online, on_paper)
    ]

    assert [told["outcome"] for told in claimed] == ["ok", "ok"]
    assert claimed[0]["server_totals"] == claimed[1]["server_totals"]
    assert [(night.state, night.codes) for night in nights] == [("locked", ())] * 2
    assert nights[0].settled_fen == nights[1].settled_fen > 0
    assert book_of(on_paper) == book_of(online)
    for town in (online, on_paper):
        check_invariants(town.db.engine)
        town.db.close()


@pytest.mark.slow
def test_a_missing_slip_is_named_and_a_slip_typed_twice_is_one(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    town = town_in(sqlite_files, tmp_path / "c.db")
    pad = open_pad(town)
    bought = purchases()[:12]
    for number, one in enumerate(bought, start=1):
        if number not in {5, 9}:
            type_in(town, slip_of(pad, number, one))
    fifth = slip_of(pad, 5, bought[4])

    with town.db.read() as tx, pytest.raises(Refusal, match="paper_slips_missing") as missing:
        check_sheet(sheet_of(bought), slips_of(tx, HERE, pad, "M01P1", DAY))
    first = type_in(town, fifth)
    before = book_of(town)
    again = type_in(town, fifth)
    with pytest.raises(Refusal, match="request_id_reused"):
        type_in(town, fifth._replace(total_fen=fifth.total_fen + 100))

    assert missing.value.facts["numbers"] == "5, 9"
    assert again == first
    assert book_of(town) == before
    with town.db.read() as tx:
        keyed = slips_of(tx, HERE, pad, "M01P1", DAY)
    without = [one for number, one in enumerate(bought, start=1) if number != 9]
    spoilt = sheet_of(without, last=12, spoilt=frozenset({9}))
    check_sheet(spoilt, keyed)
    for wrong in (
        spoilt._replace(slips=12),
        spoilt._replace(total_fen=spoilt.total_fen + 100),
        spoilt._replace(units=spoilt.units + 2_000),
        spoilt._replace(first=2),
        spoilt._replace(spoilt=frozenset({9, 4})),
    ):
        with pytest.raises(Refusal, match="paper_totals_wrong"):
            check_sheet(wrong, keyed)
    town.db.close()


def test_a_slip_is_one_sale_whatever_day_is_typed_with_it(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    town = town_in(sqlite_files, tmp_path / "day.db")
    pad = open_pad(town)
    slip = slip_of(pad, 17, purchases()[0])
    type_in(town, slip)
    before = book_of(town)
    next_day = slip._replace(
        ref=make_reference("M01P1", DAY + 1, 17), sold_at=slip.sold_at + 86_400_000_000
    )

    with pytest.raises(Refusal, match="slip_number_used") as refused:
        key_in(town.desk, HERE, next_day, by=CLERK, at=moment("2026-03-03 19:00"))

    assert refused.value.facts["ref"] == slip.ref
    assert book_of(town) == before
    town.db.close()


def test_who_types_slips_in_stands_apart_and_the_holder_is_told(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    town = town_in(sqlite_files, tmp_path / "apart.db")
    pad = open_pad(town)
    add_staff(town.db, {CLERK: "secretary"}, at=town.at)
    town.db.write(lambda tx: staff.set_person(tx, HERE, CLERK.id, 1, by=By("staff", 2), at=town.at))
    own, other = (
        slip_of(pad, number, Bought(number, number, 5_000, 2_000, "cash")) for number in (1, 2)
    )

    with pytest.raises(Refusal, match="own_household"):
        type_in(town, own)
    for _ in range(2):
        type_in(town, other)

    with town.db.read() as tx:
        assert told_to(tx, HERE, 1) == []
        [told] = told_to(tx, HERE, 2)
    assert (told.kind, told.ref, told.facts) == (KEYED, other.ref, {"fen": 5_000, "units": 2_000})
    town.db.close()


@pytest.mark.parametrize("kind", ["kiosk", "counter"])
def test_no_points_are_typed_in_for_what_is_neither_till_nor_pad(
    sqlite_files: SqliteFiles, tmp_path: Path, kind: str
) -> None:
    town = town_in(sqlite_files, tmp_path / "kind.db")
    open_pad(town)
    other = town.db.write(
        lambda tx: terminals.open_terminal(
            tx, HERE, 1, code="M01K1", kind=kind, by=SYSTEM, at=town.at
        )
    )
    town.db.write(lambda tx: tx.run(_ACTIVE, community_id=HERE, terminal_id=other))
    town.desk.refresh(HERE)
    slip = slip_of(other, 1, Bought(0, 1, 5_000, 2_000, "cash"), "M01K1")

    with pytest.raises(Refusal, match="offline_no_spending"):
        type_in(town, slip)
    town.db.close()


def test_a_suspended_shop_takes_no_points_on_paper_and_pads_count_in_the_bound(
    sqlite_files: SqliteFiles, tmp_path: Path
) -> None:
    town = town_in(sqlite_files, tmp_path / "shop.db")
    pad = open_pad(town)
    with town.db.read() as tx:
        shares = bound(tx, town.desk.terms_of(HERE), units_per_fen=20, at=town.at + 1).shares
    town.db.write(lambda tx: merchants.set_state(tx, HERE, 1, "suspended", by=CLERK, at=town.at))
    town.desk.refresh(HERE)

    with pytest.raises(Refusal, match="offline_no_spending"):
        type_in(town, slip_of(pad, 1, Bought(0, 1, 5_000, 2_000, "cash")))

    assert pad in {share.terminal_id for share in shares}
    town.db.close()


def test_a_pad_is_no_device(sqlite_files: SqliteFiles, tmp_path: Path) -> None:
    town = town_in(sqlite_files, tmp_path / "d.db")
    pad = open_pad(town)
    with pytest.raises(Refusal, match="terminal_is_paper"):
        town.db.write(
            lambda tx: terminals.make_enrolment_code(tx, HERE, pad, by=SYSTEM, at=town.at)
        )
    town.db.close()


# --- numbers


def test_a_short_code_names_one_slip_and_a_wrong_digit_none() -> None:
    for number in (1, 17, 457, 99_999):
        for typed in (
            paper.short_code("M01P1", number),
            paper.slip_number("M01P1", number),
            paper.slip_number("M01P1", number).lower().replace("-", " "),
        ):
            assert paper.read_slip_number("M01P1", typed) == number
    believed = []
    for number in range(100, 1_000):
        code = paper.short_code("M01P1", number)
        for place in range(3):
            for digit in set("123456789") - {code[place]}:
                wrong = code[:place] + digit + code[place + 1 :]
                try:
                    believed.append(paper.read_slip_number("M01P1", wrong))
                except Refusal as refusal:
                    assert refusal.code == "slip_number_bad"  # noqa: PT017 - thousands of them
    assert believed == []


def test_digits_changed_about_are_nearly_always_found() -> None:
    tried = believed = 0
    for number in range(100, 1_000):
        code = paper.short_code("M01P1", number)
        if code[0] == code[1] or code[1] == "0":
            continue
        tried += 1
        try:
            paper.read_slip_number("M01P1", code[1] + code[0] + code[2:])
            believed += 1
        except Refusal as refusal:
            assert refusal.code == "slip_number_bad"  # noqa: PT017 - hundreds of them
    assert believed * 20 < tried


@pytest.mark.parametrize("typed", ["", "K", "17", "017X9", "0K", "-1K", "123456K", "１７K"])
def test_what_is_no_short_code_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match="slip_number_bad"):
        paper.read_slip_number("M01P1", typed)
