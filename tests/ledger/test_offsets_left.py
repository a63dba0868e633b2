"""What a shop can still honour today: its own reserve and the rest of its allowance, as far as the fund goes."""

from ledger.book.shops import offsets_left_on
from ledger.database import Database
from pos.checkout import check_out
from tests.support.town import HERE, Town, build_town


def _left(town: Town, *, allowance_fen: int, fund_fen: int) -> int:
    with town.db.read() as tx:
        return offsets_left_on(
            tx, HERE, 1, town.day, allowance_fen=allowance_fen, fund_fen=fund_fen
        )


def test_in_the_morning_the_whole_allowance_is_left(db: Database) -> None:
    town = build_town(db)

    assert _left(town, allowance_fen=20_000, fund_fen=100_000) == 20_000


def test_a_sale_takes_exactly_its_offset_though_a_whole_reserve_was_made(db: Database) -> None:
    town = build_town(db, grant_units=50_000, allowance_fen=20_000, cover_tranche_fen=5_000)
    check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)

    assert _left(town, allowance_fen=20_000, fund_fen=100_000) == 19_000


def test_an_empty_fund_leaves_what_is_reserved_already(db: Database) -> None:
    town = build_town(db, grant_units=50_000, allowance_fen=20_000, cover_tranche_fen=5_000)
    check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)

    assert _left(town, allowance_fen=20_000, fund_fen=0) == 4_000
