"""The household's printed card: its code, what there is, its months; no name and no shop."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pypdfium2  # type: ignore[import-untyped]
import pytest

from kiosk.household_card import report_of
from kiosk.prints.household_card import MonthLine
from ledger.database import Database
from ledger.members.households import find_by_code
from ledger.sql import Sql
from pos.checkout import check_out
from tests.support.granting import grant_to
from tests.support.homes import home
from tests.support.pages_town import NAMES, Served, serve, text_of
from tests.support.town import HERE, SCHEME, moment

A5_MM = (148, 210)


@pytest.fixture
def family(sqlite_url: str, tmp_path: Path) -> Served:
    """5-1-1: 300.00 points in January, 100.00 in March, 40.00 of it used in March."""
    served = serve(Database(sqlite_url), tmp_path)
    town = served.town
    pool = home(town, "5-1-1", 1, 2)
    now, town.at = town.at, moment("2026-01-10 10:00")
    grant_to(town, 1, pool, 30_000)
    town.at = now
    grant_to(town, 2, pool, 10_000)
    check_out(town.desk, town.sale(2, 10_000, 4_000), at=town.at)
    return served


def pool_of(served: Served) -> int:
    with served.town.db.read() as tx:
        found = find_by_code(tx, HERE, "5-1-1")
    assert found is not None
    return found.household_id


def test_the_card_has_the_months_and_what_was_left_at_the_end_of_each(family: Served) -> None:
    town = family.town
    with town.db.read() as tx:
        here, found = town.desk.refresh(HERE), find_by_code(tx, HERE, "5-1-1")
        assert found is not None
        report = report_of(tx, here, found, day=20_260_302)

    assert report.months == [
        MonthLine(202_603, 10_000, 4_000, 36_000),
        MonthLine(202_601, 30_000, 0, 30_000),
    ]
    assert (report.available, report.worth_fen, report.rate) == (36_000, 1_800, "20")
    assert report.pending > 0


def test_the_office_prints_it_on_one_a5_page_without_a_name(family: Served) -> None:
    answer = family.member("wang").get(f"/office/households/{pool_of(family)}/card.pdf")

    assert answer.mimetype == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    text = "".join(page.extract_text() for page in pages)
    size = tuple(
        round(side / 72 * 25.4) for side in pypdfium2.PdfDocument(answer.data)[0].get_size()
    )
    assert (len(pages), size) == (1, A5_MM)
    for shown in ("户积分卡", "5-1-1", "360.00", "2026-03", "300.00", "18.00", "0398-0000000"):
        assert shown in text
    for name, phone in NAMES.values():
        assert name not in text
        assert phone not in text
    assert "shop 1" not in text
    with family.town.db.read() as tx:
        acts = tx.all(Sql("SELECT act FROM audit WHERE community_id = :here"), here=HERE)
    assert "household.print" in {row.act for row in acts}


def test_it_is_printed_for_those_who_look_after_residents_alone(family: Served) -> None:
    address = f"/office/households/{pool_of(family)}/card.pdf"

    assert family.member("zhao").get(address).status_code == 403
    assert family.resident(1).get(address).status_code != 200
    assert family.member("wang").get("/office/households/1234567/card.pdf").status_code == 404


def test_where_points_are_a_persons_there_is_no_household_card(
    sqlite_url: str, tmp_path: Path
) -> None:
    text = SCHEME.read_text(encoding="utf-8")
    alone = text.replace("household_pool = true", "household_pool = false")
    served = serve(Database(sqlite_url), tmp_path, scheme_text=alone)
    assert alone != text

    refused = served.member("wang").get("/office/households/1/card.pdf")

    assert (refused.status_code, "没有户积分卡" in text_of(refused)) == (409, True)
