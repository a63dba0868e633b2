"""The page on which a shop's leaving is noted and its last statement issued."""

from __future__ import annotations

from tests.support.pages_nights import close_march
from tests.support.pages_town import Served, form_number, text_of

PAGE = "/office/shops/1/leaving"


def test_a_shop_is_noted_as_gone_and_its_statement_is_one_press_away(served: Served) -> None:
    statement = close_march(served)[1]
    liu = served.member("liu")
    assert "商户退出、最后一份对账单" in liu.get("/office/shops/1").text
    page = liu.get(PAGE)
    said = {
        "request_id": form_number(page, PAGE),
        "cause": "died", "left_on": "2026-03-31", "claim_days": "30", "why": "歇业",
    }  # fmt: skip

    gone = liu.post(PAGE, data=said, follow_redirects=True)

    assert "已登记" in gone.text
    assert "2026-04-30" in text_of(gone)
    assert "继承人的账户经两人同意前一分不付" in gone.text
    assert f"/office/statements/{statement}" in gone.text
    again = {**said, "request_id": form_number(liu.get("/office/settings"), "/office/settings")}
    assert "已登记退出" in liu.post(PAGE, data=again).text
