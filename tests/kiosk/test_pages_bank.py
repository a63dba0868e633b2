"""The money's way to the bank in the office: holidays nobody published yet, bank files, their answers."""

from __future__ import annotations

from tests.support.pages_town import Served, text_of
from tests.support.town import moment


def test_the_first_page_says_when_next_years_holidays_are_unknown(served: Served) -> None:
    served.town.at = moment("2031-11-03 10:00")
    assert "2031 年的放假" in text_of(served.member("zhou").get("/office/today"))


def test_the_first_page_is_quiet_while_the_holidays_are_known(served: Served) -> None:
    assert "放假和调休" not in text_of(served.member("zhou").get("/office/today"))
