"""The forms in the office: looked at, printed, taken along for Excel, and taken back."""

from __future__ import annotations

import io
from contextlib import closing
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from python_calamine import CalamineWorkbook

from kiosk.formbook.registry import all_forms, get_form
from ledger import audit
from ledger.book.fund import grant
from tests.support.awards import decide, scheme_text
from tests.support.pages_town import NAMES, Served, form_number, text_of
from tests.support.town import CIVIC, HERE, moment

MONTH = 202603


def paper(served: Served, who: str, code: str, **fields: Any) -> Any:
    client = served.member(who)
    page = client.get(f"/office/forms/{code}?month={MONTH}&shop=1")
    number = form_number(page, f"/office/forms/{code}/paper")
    given = {"request_id": number, "month": MONTH, "shop": 1, **fields}
    return client.post(f"/office/forms/{code}/paper", data=given)


def words_of(pdf: bytes) -> str:
    with closing(pypdfium2.PdfDocument(pdf)) as book:
        return "".join(page.get_textpage().get_text_range() for page in book)


def cells(response: Any) -> list[list[Any]]:
    with CalamineWorkbook.from_filelike(io.BytesIO(response.data)) as book:
        return book.get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("form", all_forms(), ids=lambda form: form.code)
def test_each_form_can_be_looked_at_printed_and_opened_in_a_spreadsheet(
    served: Served, form: Any
) -> None:
    page = served.member("liu").get(f"/office/forms/{form.code}?month={MONTH}&shop=1")
    printed = paper(served, "liu", form.code, what="pdf")
    sheet = cells(paper(served, "liu", form.code, what="xlsx"))
    blank = cells(paper(served, "liu", form.code, what="xlsx", blank="1"))

    assert form.zh in text_of(page)
    assert printed.data.startswith(b"%PDF")
    assert sheet[0] == blank[0] == [column.heading for column in form.columns]
    assert blank[1:] == []


def test_the_list_says_what_the_book_fills_and_what_is_filled_by_hand(served: Served) -> None:
    page = text_of(served.member("liu").get("/office/forms"))

    assert "月度汇总表 由账本填写" in page
    assert "需求清单 手工填写" in page


def test_names_are_masked_until_they_are_asked_for_and_that_is_written_down(served: Served) -> None:
    masked = cells(paper(served, "wang", "month_summary", what="xlsx"))
    full = cells(paper(served, "wang", "month_summary", what="xlsx", names="1"))

    assert [row[0] for row in masked[1:4]] == ["陈*兰", "李*", "欧**国"]
    assert [row[0] for row in full[1:4]] == [name for name, _ in NAMES.values()]
    with served.town.db.read() as tx:
        acts = [row.act for row in audit.acts_on(tx, HERE, "form:month_summary")]
    assert acts == ["form.read"]


def test_no_form_for_a_wall_says_what_a_household_has_or_spent(served: Served) -> None:
    walls = [form for form in all_forms() if form.wall]
    assert walls
    for form in walls:
        sheet = str(cells(paper(served, "liu", form.code, what="xlsx", names="1"))[1:])
        for name, masked in (("陈桂兰", "陈*兰"), ("欧阳建国", "欧**国")):
            assert name not in sheet
            assert masked not in sheet


def test_who_may_not_look_people_up_sees_no_form_with_names(served: Served) -> None:
    client = served.member("zhou")

    assert "月度汇总表" in text_of(client.get("/office/forms"))
    assert client.get("/office/forms/gone").status_code == 404


def test_a_months_figures_add_up_and_lead_from_one_balance_to_the_next(served: Served) -> None:
    grant(served.town.db, HERE, 1, CIVIC, 12_50, request_id="more", by=0, at=moment("2026-03-05 10:00"),
          business_date=20260305, reason="x")  # fmt: skip
    sheet = cells(paper(served, "wang", "month_summary", what="xlsx"))

    for _, before, plus, minus, goods, offset, after in sheet[1:]:
        assert round((before + plus - minus - goods - offset - after) * 100) == 0
    *rows, sums = sheet[1:]
    assert sums[0] == "合计"
    for place in range(1, 7):
        assert round(sum(row[place] for row in rows) * 100) == round(sums[place] * 100)


def test_a_form_without_rows_says_so_and_a_blank_sheet_comes_only_on_asking(served: Served) -> None:
    """Nobody takes an empty sheet for a month in which nothing was written down."""
    client = served.member("liu")
    page = text_of(client.get(f"/office/forms/write_off?month={MONTH}"))
    sheet = cells(paper(served, "liu", "write_off", what="xlsx"))
    blank = cells(paper(served, "liu", "write_off", what="xlsx", blank="1"))
    by_hand = cells(paper(served, "liu", "needs", what="xlsx"))

    assert "打印出来会写明没有" in page
    assert [cell for cell in sheet[1] if cell] == ["本月没有。"]
    assert blank[1:] == by_hand[1:] == []
    filled, asked = (
        paper(served, "liu", "write_off", what="pdf", **more).data for more in ({}, {"blank": "1"})
    )
    assert "本月没有" in words_of(filled)
    assert "本月没有" not in words_of(asked)


def test_the_sheet_for_the_wall_lists_deeds_by_household_code_and_nothing_else(
    served: Served,
) -> None:
    town = served.town
    decide(town.db, scheme_text("changan"), "P01", 1, 30)
    sheet = cells(paper(served, "liu", "public_notice", what="xlsx"))
    (row,) = sheet[1:]
    found = dict(zip(sheet[0], row, strict=True))
    assert found.pop("加分") == 3
    assert (found.pop("户主(脱敏)"), found.pop("序号")) == ("H00001", 1)
    found.pop("楼栋")
    assert set(found.values()) == {""}


# --- back from Excel


def send(served: Served, who: str, code: str, raw: bytes, **fields: Any) -> Any:
    client = served.member(who)
    number = form_number(client.get(f"/office/forms/{code}"), f"/office/forms/{code}")
    data = {"request_id": number, "file": (io.BytesIO(raw), "x.csv"), **fields}
    return client.post(f"/office/forms/{code}", data=data, content_type="multipart/form-data")


NEEDS = (
    "编号,需求,对象(匿名),时间,技能\r\n007,陪同就医,独居老人,每周三,会开车\r\n008,修灯,,,电工\r\n"
)


def test_a_filled_form_is_kept_comes_out_as_it_went_in_and_is_kept_once(served: Served) -> None:
    first = send(served, "liu", "needs", NEEDS.encode())
    page = served.member("liu").get("/office/forms/needs").get_data(as_text=True)
    digest = page.split('name="kept" value="')[1][:64]
    out = paper(served, "liu", "needs", what="xlsx", kept=digest)
    again = send(served, "liu", "needs", out.data)

    assert "表已收存" in text_of(first)
    assert cells(out)[1:] == [
        ["007", "陪同就医", "独居老人", "每周三", "会开车"],
        ["008", "修灯", "", "", "电工"],
    ]
    assert "已经收存过" in text_of(again)
    assert paper(served, "liu", "needs", what="pdf", kept=digest).data.startswith(b"%PDF")


def test_a_wrong_cell_is_named_and_nothing_is_kept(served: Served) -> None:
    form = ",".join(column.heading for column in get_form("goods_out").columns)
    raw = f"{form}\r\nC1,2026-13-01,大米,三,兑换,,\r\nC2,2026-03-02,,1,兑换,,\r\n"

    said = text_of(send(served, "liu", "goods_out", raw.encode()))

    assert "没有收下任何内容" in said
    assert all(part in said for part in ("2 日期", "2 数量", "3 品名"))
    with served.town.db.read() as tx:
        assert audit.acts_on(tx, HERE, "form:goods_out") == []


def test_sums_that_do_not_add_up_are_named(served: Served) -> None:
    form = ",".join(column.heading for column in get_form("goods_out").columns)
    raw = f"{form}\r\nC1,2026-03-01,大米,3,兑换,,\r\n合计,,,4,,,\r\n"

    said = text_of(send(served, "liu", "goods_out", raw.encode()))

    assert "3 数量 上面各行合计为 3" in said


def test_a_form_the_book_fills_or_a_role_without_the_right_takes_nothing_back(
    served: Served,
) -> None:
    client = served.member("liu")
    number = form_number(client.get("/office/forms/needs"), "/office/forms/needs")
    refused = client.post(
        "/office/forms/month_summary",
        data={"request_id": number, "file": (io.BytesIO(b"x"), "x.csv")},
        content_type="multipart/form-data",
    )

    assert refused.status_code == 403
    assert "您的角色不能收回" in text_of(served.member("wang").get("/office/forms/needs"))
