"""The monthly notice: put up once, sums of everybody or none, a page and a poster that name nobody."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner

from kiosk.cli import main
from ledger.audit import SYSTEM
from ledger.book.month_totals import Flow, MonthTotals
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.fund_watch import watch
from ledger.members.masking import FEWEST_ON_A_WALL
from ledger.seal.proof_code import board_code
from ledger.seal.publications import publications
from ledger.seal.recovery import begin_again
from ledger.sql import Sql
from pos.refunds import refund
from settlement.board import FEWEST_SHOPS, board_figures
from tests.support.log import copy_of, put_back
from tests.support.qr_reading import qr_codes
from tests.support.sealed_town import SealedTown, begin
from tests.support.town import HERE

_SUMS = Sql(
    "SELECT sum(total_fen) AS total, sum(offset_units) AS units, sum(offset_fen) AS fen, sum(earned_units) AS earned"
    " FROM sale WHERE community_id = :community_id"
)
_WALLETS = Sql(
    "SELECT (SELECT sum(posted) FROM balance b JOIN account a ON a.community_id = b.community_id"
    "  AND a.account_id = b.account_id WHERE b.community_id = :community_id AND a.kind = 'wallet')"
    " + (SELECT coalesce(sum(left_units), 0) FROM pending WHERE community_id = :community_id) AS held"
)

GRANTED = 12 * 200_000
"""What the town's people were given on its first day, which is in March too."""


@pytest.fixture
def sealed(sqlite_url: str, tmp_path: Path) -> Iterator[SealedTown]:
    """Twelve people, three shops, nothing sold yet."""
    db = Database(sqlite_url)
    yield begin(db, tmp_path)
    db.close()


def live_march(sealed: SealedTown, people: int = 12) -> None:
    """Everybody buys with points at one of the shops; then the month closes."""
    for person in range(1, people + 1):
        sealed.sell(person, 5_000 + 100 * person, 20_000, till=person % 3)
    sealed.close(202603)


def sums_of(sealed: SealedTown):
    with sealed.town.db.read() as tx:
        return tx.get(_SUMS, community_id=HERE), int(tx.get(_WALLETS, community_id=HERE).held)


# --- the sums


def totals(people: int = 20, shops: int = 5) -> MonthTotals:
    flow = Flow(1_000, people)
    return MonthTotals(
        flow, flow, Flow(), Flow(), offset_fen=50, offset_shops=shops, held_units=7_000
    )


def test_sums_go_up_where_many_took_part() -> None:
    assert board_figures(totals()) == {
        "precision": 2,
        "earned_units": 1_000,
        "offset_units": 1_000,
        "offset_fen": 50,
        "goods_units": 0,
        "other_units": 0,
        "held_units": 7_000,
    }


@pytest.mark.parametrize("people", [1, 2, FEWEST_ON_A_WALL - 1])
def test_too_few_who_collected_keep_every_sum_down(people: int) -> None:
    assert board_figures(totals()._replace(earned=Flow(500, people))) == {}


@pytest.mark.parametrize("flow", ["goods", "other"])
@pytest.mark.parametrize("people", [1, FEWEST_ON_A_WALL - 1])
def test_a_way_out_that_few_took_is_put_up_with_the_others_as_one_sum(
    flow: str, people: int
) -> None:
    few: Any = {flow: Flow(-300 if flow == "other" else 300, people)}
    assert board_figures(totals()._replace(**few)) == {
        "precision": 2,
        "earned_units": 1_000,
        "used_units": 1_300,
        "held_units": 7_000,
    }


def test_nothing_goes_up_where_few_took_any_way_out() -> None:
    few = totals()._replace(offset=Flow(500, 3), goods=Flow(300, 2))
    assert board_figures(few) == {}


def test_no_small_sum_can_be_reckoned_from_those_that_go_up() -> None:
    """Whatever few people used for goods, the notice is the same for every way to part what was used."""
    parted = [
        totals()._replace(
            offset=Flow(1_000 - goods, 20), goods=Flow(goods, 2), offset_fen=50 - goods // 20
        )
        for goods in (20, 100, 400)
    ]
    assert len({str(board_figures(one)) for one in parted}) == 1


@pytest.mark.parametrize("shops", [1, FEWEST_SHOPS - 1])
def test_a_sum_over_too_few_shops_keeps_all_of_them_down(shops: int) -> None:
    assert board_figures(totals(shops=shops)) == {}


def test_the_limits_themselves_are_enough() -> None:
    assert board_figures(totals(people=FEWEST_ON_A_WALL, shops=FEWEST_SHOPS))


def test_the_sums_are_those_of_the_sales_and_the_wallets(sealed: SealedTown) -> None:
    live_march(sealed)
    figures = sealed.put_up(202603).figures
    sales, held = sums_of(sealed)
    assert figures == {
        "precision": 2,
        "earned_units": sales.earned + GRANTED,
        "offset_units": sales.units,
        "offset_fen": sales.fen,
        "goods_units": 0,
        "other_units": 0,
        "held_units": held,
    }


def test_what_came_back_is_taken_off(sealed: SealedTown) -> None:
    sold = sealed.sell(1, 5_000, 20_000)
    before, _ = sums_of(sealed)
    sealed.to(sealed.town.later(60))
    refund(sealed.town.desk, sealed.town.refund(sold["ref"], 5_000), at=sealed.town.at)
    for person in range(2, 12):
        sealed.sell(person, 5_000, 20_000, till=person % 3)
    live_march(sealed, people=0)
    figures = sealed.put_up(202603).figures
    after, held = sums_of(sealed)
    assert figures["offset_units"] == after.units - before.units
    assert figures["earned_units"] == after.earned - before.earned + GRANTED
    assert figures["offset_fen"] == after.fen - before.fen
    assert figures["held_units"] == held


# --- putting up


def test_nothing_goes_up_before_the_month_is_closed(sealed: SealedTown) -> None:
    sealed.sell()
    with pytest.raises(Refusal, match="month_not_closed"):
        sealed.put_up(202603)


def test_what_went_up_stays_as_it_is(sealed: SealedTown) -> None:
    live_march(sealed)
    first = sealed.put_up(202603)
    sealed.town.grant(1, 100)
    assert sealed.sign().size > first.size
    assert sealed.put_up(202603) == first
    with sealed.town.db.read() as tx:
        assert publications(tx, HERE) == [first]
    offered = sealed.follow()["published"]
    assert [(one["month"], one["date"], one["checkpoint"]) for one in offered] == [
        (202603, 20260405, first.note)
    ]
    assert sealed.follow(month=202603)["published"] == []


def test_a_declared_loss_stands_on_the_next_notice_and_on_no_later_one(sealed: SealedTown) -> None:
    live_march(sealed, people=2)
    sealed.sign()
    database: Any = sealed.town
    backup = copy_of(database)
    sealed.town.grant(1, 100)
    sealed.sign()
    put_back(database, backup)
    begin_again(
        sealed.town.db,
        HERE,
        sealed.town.vault,
        sealed.last_signed,
        by=SYSTEM,
        day=20260405,
        at=sealed.town.at,
    )
    assert sealed.put_up(202603).figures == {"recovered_on": 20260405}
    page = sealed.server.call("GET", "/board/CA01/2026-03").get_data(as_text=True)
    assert "2026-04-05 账因故障恢复" in page
    assert "本月参与的人或商户太少" in page
    sealed.close(202604)
    assert "recovered_on" not in sealed.put_up(202604).figures


# --- page and poster


def test_the_page_shows_root_size_day_and_sums_in_both_languages(sealed: SealedTown) -> None:
    live_march(sealed)
    board = sealed.put_up(202603)
    root = b64encode(board.root).decode()
    for language, words in (("zh", "积分公示 2026-03"), ("en", "Points notice of 2026-03")):
        answer = sealed.server.call("GET", f"/board/CA01/2026-03?lang={language}")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200
        for wanted in (words, f"{board.size:,}", "2026-04-05", root[:4], "2,400.00"):
            assert wanted in text
        # Nothing but its own style: no script, no other address that could be asked for anything.
        assert "<script" not in text
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_neither_page_nor_poster_names_anybody(sealed: SealedTown) -> None:
    live_march(sealed)
    sealed.put_up(202603)
    page = sealed.server.call("GET", "/board/CA01/2026-03").get_data(as_text=True)
    pdf = pypdfium2.PdfDocument(sealed.server.call("GET", "/board/CA01/2026-03.pdf").get_data())
    poster = pdf[0].get_textpage().get_text_bounded()
    for text in (page, poster):
        for secret in ("M01", "M02", "person", "household", "5,100.00"):
            assert secret not in text


def test_the_posters_code_is_the_signed_checkpoint(sealed: SealedTown) -> None:
    live_march(sealed)
    board = sealed.put_up(202603)
    pdf = pypdfium2.PdfDocument(sealed.server.call("GET", "/board/CA01/2026-03.pdf").get_data())
    assert len(pdf) == 1
    (seen,) = qr_codes(pdf[0].render(scale=2).to_pil())
    assert seen.text == f"HTTPS://POINTS.EXAMPLE:8443/CHECK/{board_code('CA01', board.note)}"


def test_a_month_too_small_for_sums_says_so(sealed: SealedTown) -> None:
    live_march(sealed, people=2)
    assert sealed.put_up(202603).figures == {}
    text = sealed.server.call("GET", "/board/CA01/2026-03").get_data(as_text=True)
    assert "本月参与的人或商户太少" in text
    assert "居民得到的积分" not in text


def test_the_notice_says_how_much_of_the_points_the_fund_covers(sealed: SealedTown) -> None:
    watched = watch(sealed.town.db, HERE, at=sealed.town.at)
    assert watched is not None
    assert watched.coverage.permille is not None
    percent = watched.coverage.permille // 10
    live_march(sealed, people=2)

    figures = sealed.put_up(202603).figures

    assert figures == {"coverage_percent": percent, "limit_percent": 100}
    text = sealed.server.call("GET", "/board/CA01/2026-03").get_data(as_text=True)
    assert f"月末基金可兑付全部积分价值的 {percent}%" in text


def test_the_list_names_every_notice_and_odd_months_are_not_found(sealed: SealedTown) -> None:
    assert "还没有公示" in sealed.server.call("GET", "/board").get_data(as_text=True)
    live_march(sealed)
    sealed.put_up(202603)
    assert "2026-03" in sealed.server.call("GET", "/board").get_data(as_text=True)
    for path in ("2026-04", "2026-13", "202603", "2026-3", "x", "2026-04.pdf"):
        assert sealed.server.call("GET", f"/board/CA01/{path}").status_code == 404
    assert sealed.server.call("GET", "/board/ZZ99/2026-03").status_code == 404


# --- the command


def test_the_command_writes_page_and_poster_and_again_the_same(
    sealed: SealedTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_march(sealed)
    key = tmp_path / "master.key"
    key.write_text(bytes(range(32)).hex(), encoding="ascii")
    key.chmod(0o600)
    monkeypatch.setenv("JIFEN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JIFEN_DATABASE_URL", sealed.town.db.url)
    runner = CliRunner()
    first = runner.invoke(main, ["board", "2026-03", "--json"])
    assert first.exit_code == 0, first.output
    answer = json.loads(first.output)
    files = {Path(name).name: Path(name).read_bytes() for name in answer["files"]}
    assert sorted(files) == [
        "board-CA01-2026-03.en.html",
        "board-CA01-2026-03.en.pdf",
        "board-CA01-2026-03.html",
        "board-CA01-2026-03.pdf",
    ]
    again = json.loads(runner.invoke(main, ["board", "2026-03", "--json"]).output)
    assert again == answer
    assert {name: (tmp_path / "board" / name).read_bytes() for name in files} == files
    page = files["board-CA01-2026-03.html"].decode()
    assert 'href="board-CA01-2026-03.en.html"' in page
    wrong = runner.invoke(main, ["board", "2026-04"])
    assert wrong.exit_code == 2
