"""Points taken by a decision: proposed by one, agreed to by another, told to their owner, private where it must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.book.balances import wallet_of
from ledger.database import Database
from tests.kiosk.test_pages_office import post
from tests.support.awards import changan_with_minus, scheme_text
from tests.support.lapses import give
from tests.support.pages_town import NAMES, Served, form_number, serve, text_of
from tests.support.town import HERE

FIRST = 1001


@pytest.fixture
def hebei(sqlite_url: str, tmp_path: Path) -> Served:
    """Hebei's households: the first holds 30 points."""
    served = serve(Database(sqlite_url), tmp_path, scheme_text=scheme_text("hebei"))
    give(served.town, 1, FIRST, 30, "2026-02-01")
    return served


def left(served: Served, owner: int = 1) -> int:
    with served.town.db.read() as tx:
        return wallet_of(tx, HERE, owner, FIRST).available


def propose(served: Served, who: str = "liu", **changes: str):
    fields = {
        "item": "H07",
        "whom": "H00001",
        "day": "2026-03-01",
        "reason": "两家争吵，网格员调解时所见",
        **changes,
    }
    return post(served, who, "/office/deductions", "/office/deductions", **fields)


def decide(served: Served, who: str, how: str = "agree") -> str:
    """Press the button of the only proposal; gives what the page says then."""
    client = served.member(who)
    page = client.get("/office/approvals")
    html = page.get_data(as_text=True)
    action = html.split(f'/{how}"')[0].rsplit('action="', 1)[1] + f"/{how}"
    number = form_number(page, action)
    said = client.post(action, data={"request_id": number}, follow_redirects=True)
    return text_of(said)


def test_a_deduction_is_seen_agreed_to_and_told(hebei: Served) -> None:
    assert "已提出" in text_of(hebei.member("liu").get(propose(hebei).location))
    assert left(hebei) == 30
    waiting = text_of(hebei.member("committee").get("/office/approvals"))
    assert "H07 和谐邻里关系 · −3 家庭诚信积分 · H00001 · 2026-03-01" in waiting

    decide(hebei, "committee")

    assert left(hebei) == 27
    page = text_of(hebei.resident(1).get("/me"))
    assert "2026-03-02 扣 3 家庭诚信积分" in page
    assert "如有异议，请在 2026-03-09 以前（含当天）拨打 0398-0000000" in page
    assert "按社区决定扣分" in page
    assert "−3 可用" in page
    assert "扣 3" not in text_of(hebei.resident(2).get("/me"))


def test_the_reason_of_a_private_item_is_on_no_page_of_the_owner(hebei: Served) -> None:
    propose(hebei, item="H08", reason="派出所通报参与赌博")
    decide(hebei, "committee")

    page = text_of(hebei.resident(1).get("/me"))
    office = text_of(hebei.member("liu").get("/office/deductions"))

    assert "原因只在社区办公室当面告知您本人" in page
    assert "赌" not in page
    assert "派出所通报参与赌博" in office
    assert "不公开" in office


def test_an_open_items_reason_is_told(hebei: Served) -> None:
    propose(hebei, item="H10", reason="网格员两次走访所见")
    decide(hebei, "committee")

    page = text_of(hebei.resident(1).get("/me"))

    assert "注重家庭教育" in page
    assert "原因：网格员两次走访所见" in page


def test_where_there_are_fewer_points_the_rest_is_let_go_in_words(hebei: Served) -> None:
    propose(hebei, item="H08", whom="H00002", reason="通报")
    decide(hebei, "committee")

    page = text_of(hebei.resident(2).get("/me"))

    assert "扣 0 家庭诚信积分" in page
    assert "余额不够，少扣 20，以后不再追扣" in page
    assert left(hebei, 2) == 0


def test_who_proposed_cannot_agree_and_a_refusal_moves_nothing(hebei: Served) -> None:
    propose(hebei)

    own = text_of(hebei.member("liu").get("/office/approvals"))
    assert "您自己提出的，由同事来定" in own
    decide(hebei, "committee", "refuse")

    assert left(hebei) == 30
    assert "扣" not in text_of(hebei.resident(1).get("/me"))


def test_mistakes_are_said_in_words_and_kept_in_the_form(hebei: Served) -> None:
    for changes, said in (
        ({"whom": "H99999"}, "没有这一户"),
        ({"day": "2026-03-09"}, "这一天还没到"),
        ({"item": "H01"}, "没有可用于此的条目"),
    ):
        page = text_of(propose(hebei, **changes))
        assert said in page, page
    assert left(hebei) == 30


def test_roles_that_neither_propose_nor_agree_do_not_see_the_page(hebei: Served) -> None:
    for who in ("zhou", "wang", "he", "admin"):
        assert hebei.member(who).get("/office/deductions").status_code == 403, who
    assert hebei.member("committee").get("/office/deductions").status_code == 200


def test_no_name_stands_on_the_page(hebei: Served) -> None:
    propose(hebei)
    decide(hebei, "committee")

    for path, who in (("/office/deductions", "liu"), ("/office/approvals", "committee")):
        html = hebei.member(who).get(path).get_data(as_text=True)
        assert not any(secret in html for pair in NAMES.values() for secret in pair)


def test_a_persons_points_are_taken_by_the_number_of_their_card(
    sqlite_url: str, tmp_path: Path
) -> None:
    served = serve(Database(sqlite_url), tmp_path, scheme_text=changan_with_minus())
    give(served.town, 1, FIRST, 50, "2026-02-01")

    refused = text_of(propose(served, item="P09", whom="H00001"))
    propose(served, item="P09", whom=served.card_numbers[1])
    decide(served, "committee")

    assert "请填写本人的积分卡号" in refused
    assert left(served) == 30
    assert "2026-03-02 扣 2.0 党员积分" in text_of(served.resident(1).get("/me"))


def test_a_scheme_without_minus_items_says_so(served: Served) -> None:
    page = text_of(served.member("liu").get("/office/deductions"))

    assert "现行积分规则没有扣分条目" in page
