"""Points that lapse, as the owner and the office see them: until when, how to use them, whose slip is to be brought."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest

from ledger import audit
from ledger.database import Database
from ledger.earning.scheme_file import SCHEMES
from ledger.expiry.slips import SlipKey
from tests.kiosk.test_pages_office import post
from tests.support.lapses import expiry, give, hand_out_all, notices, use, with_phones
from tests.support.pages_town import NAMES, Served, serve, text_of
from tests.support.town import CIVIC, HERE, moment


@pytest.fixture
def told(served: Served) -> Served:
    """Three people were told on 1 January 2028 that 800 points each lapse; person 1 has a phone."""
    with_phones(served.town, 1)
    assert notices(served.town, "2028-01-01") == [(90, 3, 240_000, 2)]
    served.town.at = moment("2028-01-03 09:00")
    return served


def pdf_text(response) -> str:
    assert response.mimetype == "application/pdf", text_of(response)
    reader = pypdf.PdfReader(io.BytesIO(response.data))
    # A line too long for its column is folded; what is read is the same.
    return "".join(page.extract_text() for page in reader.pages).replace("\n", "")


def test_the_owners_page_says_how_many_until_when_and_how_to_use_them(told: Served) -> None:
    use(told.town, 1, 30_000, "2028-01-02")

    page = text_of(told.resident(1).get("/me"))

    assert "500.00 居民自治积分：可用至 2028-03-31" in page
    assert "当天仍可使用，过后未用的部分到期清零" in page
    assert "在合作商户抵扣（20 积分 = 1 元）" in page
    assert "到积分超市兑换物品或服务，最近开放日 2028-01-04" in page
    assert "不方便的话请打热线 0398-0000000" in page


def test_what_is_used_up_is_not_mentioned(told: Served) -> None:
    use(told.town, 1, 80_000, "2028-01-02")

    assert "可用至" not in text_of(told.resident(1).get("/me"))


def test_what_lapsed_stands_among_the_entries_with_its_reason(told: Served) -> None:
    notices(told.town, "2028-03-01")
    assert expiry(told.town, "2028-04-01")[0] == 80_000
    told.town.at = moment("2028-04-01 09:00")

    page = text_of(told.resident(1).get("/me"))

    assert "到期：提醒期满仍未使用" in page
    assert "−800.00 可用" in page


def test_the_office_sees_dates_slips_with_masked_names_and_notices(told: Served) -> None:
    page = text_of(told.member("wang").get("/office/expiry"))

    assert "2028-03-31 居民自治积分 3 2,400.00 2 3" in page
    assert "3 2 H00002 李* 800.00 居民自治积分 2028-04-02 提前 90 天" in page
    assert "欧**国" in page
    assert "H00001" not in page
    assert "2028-01-01 提前 90 天 居民自治积分 3 2,400.00 2" in page


def test_slips_are_noted_once_and_only_those_that_were_ticked(told: Served) -> None:
    key = SlipKey(CIVIC, 2, 20260331, 90).text()

    post(told, "wang", "/office/expiry", "/office/expiry", slip=[key])

    page = text_of(told.member("wang").get("/office/expiry"))
    assert "H00002" not in page
    assert "H00003" in page
    assert told.member("he").post("/office/expiry", data={"slip": [key]}).status_code == 403


def test_ticking_nothing_and_a_made_up_slip_are_refused_in_words(told: Served) -> None:
    for slips, said in (
        ([], "没有勾选提醒单"),
        (["1-2-3"], "没有这张提醒单"),
        (["1002-2-20250101-90"], "没有这张提醒单"),
        (["a-b-c-d"], "没有这张提醒单"),
    ):
        answer = post(told, "wang", "/office/expiry", "/office/expiry", slip=slips)
        assert said in text_of(answer)


def paper(told: Served, what: str, **more: str):
    return post(told, "wang", "/office/expiry", "/office/expiry/paper", what=what, **more)


def test_the_list_from_door_to_door_masks_names(told: Served) -> None:
    read = pdf_text(paper(told, "list"))

    assert "H00002" in read
    assert "李*" in read
    assert "800.00 居民自治积分 2028-04-02" in read
    assert not any(secret in read for pair in NAMES.values() for secret in pair)


def test_full_names_are_printed_only_on_request_and_on_record(told: Served) -> None:
    read = pdf_text(paper(told, "list", names="1"))

    assert "欧阳建国" in read
    with told.town.db.read() as tx:
        acts = [row.act for row in audit.acts_on(tx, HERE, "expiry")]
    assert acts.count("expiry.names") == 1


def test_a_slip_names_nobody_and_says_how_to_use_the_points(told: Served) -> None:
    read = pdf_text(paper(told, "slips"))

    assert read.count("您的积分快到期了") == 2
    assert "可用至 2028-04-02" in read
    assert "20 积分 = 1 元" in read
    assert not any(secret in read for pair in NAMES.values() for secret in pair)
    assert "*" not in read


def test_the_wall_tells_no_sum_of_three_owners(told: Served) -> None:
    read = pdf_text(paper(told, "wall"))

    assert "2028-03-31" in read
    assert "居民自治积分：少数几户" in read
    assert "2,400" not in read
    assert "H0000" not in read


def test_where_nothing_is_announced_there_is_nothing_to_print(served: Served) -> None:
    page = text_of(served.member("wang").get("/office/expiry"))

    assert "还没到提醒的时候" in page
    assert "没有待送的提醒单" in page
    for what in ("list", "slips", "wall"):
        answer = served.member("wang").post(
            "/office/expiry/paper",
            data={"what": what, "request_id": "00000000-0000-7000-8000-000000000001"},
        )
        assert "没有可打印的内容" in text_of(answer)


def test_what_stays_past_its_day_says_why(told: Served) -> None:
    hand_out_all(told.town, "2028-01-03")
    notices(told.town, "2028-03-03")
    expiry(told.town, "2028-04-03")
    told.town.at = moment("2028-04-03 09:00")

    page = text_of(told.member("wang").get("/office/expiry"))

    assert "最后一张提醒单还在办公室。请送达并登记。 2" in page


def test_a_community_whose_points_are_spent_nowhere_at_shops_has_its_page_too(
    db: Database, tmp_path: Path
) -> None:
    text = (SCHEMES / "arcadia.toml").read_text(encoding="utf-8")
    served = serve(db, tmp_path, scheme_text=text)
    give(served.town, 1, 1001, 120, "2026-06-01")
    with_phones(served.town, 1)
    notices(served.town, "2028-10-02")
    served.town.at = moment("2028-10-03 09:00")

    page = text_of(served.resident(1).get("/me"))

    assert "12.0 信义分：可用至 2028-12-31" in page
    assert "到积分超市兑换物品或服务，最近开放日" in page
    assert "合作商户" not in page
