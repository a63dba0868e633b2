"""The office's pages for a day on paper: a pad printed, a slip typed in, a sheet held against its slips and filed."""

from __future__ import annotations

import pypdfium2  # type: ignore[import-untyped]
import pytest

from ledger.audit import SYSTEM, By
from ledger.members import terminals
from ledger.offline.shops import decide_shop
from ledger.sql import Sql
from pos.paper import short_code, slip_number
from tests.support.pages_town import Served, form_number, text_of
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE, moment

PAD = "/office/paper/M01P1"
_SALES = Sql(
    "SELECT ref, total_fen, offset_units FROM sale WHERE community_id = :community_id ORDER BY ref"
)
_CLAIMS = Sql("SELECT count(*) AS n, sum(fen) AS fen FROM claim WHERE community_id = :community_id")


@pytest.fixture
def pad(served: Served) -> Served:
    """A pad at the first shop; points may be taken on paper there."""
    town = served.town

    def work(tx) -> None:
        decide_shop(
            tx, HERE, 1, 200_000, why="停电", by=By("staff", 1), at=moment("2026-03-02 07:00")
        )
        terminals.open_terminal(tx, HERE, 1, code="M01P1", kind="paper", by=SYSTEM, at=town.at)

    town.db.write(work)
    return served


def slip(served: Served, number: int, **changes: str) -> dict[str, str]:
    return {
        "day": "2026-03-02",
        "slip": short_code("M01P1", number),
        "time": "0830",
        "card": served.card_numbers[1],
        "total": "50.00",
        "points": "20",
        "channel": "scan",
        **changes,
    }


def test_a_pad_is_printed_with_the_same_number_on_both_halves(pad: Served) -> None:
    client = pad.member("zhou")
    assert "M01P1" in client.get("/office/paper").text

    answer = client.get(f"{PAD}/slips.pdf?first=57&count=6")

    assert answer.mimetype == "application/pdf"
    document = pypdfium2.PdfDocument(answer.data)
    words = "".join(page.get_textpage().get_text_bounded() for page in document)
    first = document[0].render(scale=3).to_pil().convert("L")
    pages = len(document)
    document.close()
    assert pages == 3
    for number in range(57, 63):
        assert words.count(slip_number("M01P1", number)) == 2
        assert words.count(short_code("M01P1", number)) >= 2
    assert "当天日表" in words
    read = sorted(code.text for code in qr_codes(first))
    assert read == sorted(2 * [slip_number("M01P1", number) for number in range(57, 61)])
    assert client.get(f"{PAD}/slips.pdf?first=99999&count=2").status_code == 422


def test_slips_are_typed_in_held_against_the_sheet_and_filed_once(pad: Served) -> None:
    client = pad.member("zhou")

    def send(path: str, fields: dict[str, str]):
        action = f"{PAD}/{path}"
        return client.post(
            action, data={"request_id": form_number(client.get(PAD), action), **fields}
        )

    wrong = send("slips", slip(pad, 1, slip="1A"))
    done = [send("slips", slip(pad, number)) for number in (1, 3, 3)]
    other = send("slips", slip(pad, 3, total="60.00"))
    another_day = send("slips", slip(pad, 3, day="2026-03-01"))
    sheet = {
        "day": "2026-03-02",
        "first": short_code("M01P1", 1),
        "last": short_code("M01P1", 3),
        "slips": "2",
        "total": "100.00",
        "points": "40",
    }
    missing = send("sheet", sheet)
    spoilt = {**sheet, "spoilt": short_code("M01P1", 2)}
    unequal = send("sheet", {**spoilt, "total": "110.00"})
    filed = send("sheet", spoilt)
    again = send("sheet", spoilt)

    own = text_of(pad.resident(1).get("/me"))

    assert "居委会录入了您的纸质小票" in own
    assert "50.00 元，用了 20.00 积分" in own
    assert wrong.status_code == 422
    assert "对不上" in text_of(wrong)
    assert [one.status_code for one in done] == [303] * 3
    assert other.status_code >= 400
    assert "以前已在另一天录入" in text_of(another_day)
    assert "缺小票：2" in text_of(missing)
    assert "已录入 2 张、100.00 元、40.00 积分" in text_of(unequal)
    assert filed.status_code == 303
    assert again.status_code == 409
    with pad.town.db.read() as tx:
        sales = [(row.total_fen, row.offset_units) for row in tx.all(_SALES, community_id=HERE)]
        claims = tx.get(_CLAIMS, community_id=HERE)
    assert sales == [(5_000, 2_000)] * 2
    assert (claims.n, claims.fen) == (2, 200)
    page = client.get(f"{PAD}?day=2026-03-02")
    assert "2 张，100.00 元，用了 40.00 积分" in text_of(page)


def test_only_who_files_claims_types_slips_in(pad: Served) -> None:
    for login in ("liu", "he", "admin"):
        assert pad.member(login).get(PAD).status_code == 403
