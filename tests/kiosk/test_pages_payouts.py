"""The page of payouts: what can be proposed, what is held and why, what failed, what waits, and all at once."""

from __future__ import annotations

import re

from werkzeug.test import TestResponse

from ledger.audit import SYSTEM, By
from ledger.ids import derived_request_id
from settlement.closing import accept_statement
from settlement.disputes import Objection, raise_objections
from settlement.payout_store import Payout, get_payout
from settlement.payouts import (
    approve_payout,
    cancel_payout,
    confirm_payout,
    fail_payout,
    propose_payout,
    send_payout,
)
from settlement.shop_money import set_rule
from settlement.statements import rows_of
from tests.kiosk.test_pages_watch import stands_out
from tests.support.pages_nights import close_march
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE

ZHOU, LIU = By("staff", 11), By("staff", 12)
PAGE = "/office/payouts"


def accepted(served: Served, *shops: int) -> dict[int, int]:
    """March's statements, accepted by these shops; shop to statement."""
    statements = close_march(served)
    for shop in shops:
        by = By("merchant", shop)
        accept_statement(served.town.db, HERE, statements[shop], by=by, at=served.town.at)
    return statements


def object_to_all(served: Served, statement: int) -> int:
    """The shop objects to every day's line of a statement; fen in those lines."""
    db, at = served.town.db, served.town.at
    with db.read() as tx:
        rows = rows_of(tx, HERE, statement)
    days = [n for n, row in enumerate(rows, 1) if row.section == "day" and row.settled_fen > 0]
    raise_objections(
        db,
        HERE,
        statement,
        [Objection(row, "", None, "小票不符") for row in days],
        by=By("merchant", 1),
        request_id=derived_request_id("object", statement),
        at=at,
    )
    return sum(rows[n - 1].settled_fen for n in days)


def wait_days(served: Served, shop: int, days: int) -> None:
    served.town.db.write(
        lambda tx: set_rule(
            tx,
            HERE,
            shop,
            risk_days=days,
            least_fen=None,
            why="新商户",
            by=SYSTEM,
            at=served.town.at,
        )
    )


def propose(served: Served, statement: int) -> TestResponse:
    """Press "propose" of a page that showed it before the money was held."""
    zhou = served.member("zhou")
    number = form_number(zhou.get("/office/settings"), "/office/settings")
    return zhou.post(PAGE, data={"request_id": number, "statement_id": str(statement)})


def parts(page: TestResponse) -> dict[str, str]:
    """The page's sections by their headings."""
    found = re.split(r"<h2[^>]*>(.*?)</h2>", page.text)
    return dict(zip(found[1::2], found[2::2], strict=True))


def failed_payout(served: Served, statement: int) -> Payout:
    """A payout that the bank refused."""
    db, at = served.town.db, served.town.at
    number = propose_payout(db, HERE, statement, by=ZHOU, at=at).payout_id
    approve_payout(db, HERE, number, by=LIU, at=at)
    send_payout(db, None, HERE, number, by=ZHOU, at=at)
    return fail_payout(db, HERE, number, by=ZHOU, why="户名不符", at=at)


def test_what_is_held_is_not_offered_and_says_why(served: Served) -> None:
    statement = close_march(served)[1]
    held = object_to_all(served, statement)
    accept_statement(served.town.db, HERE, statement, by=SYSTEM, at=served.town.at)

    page = served.member("zhou").get(PAGE)
    one = text_of(served.member("zhou").get(f"/office/statements/{statement}"))
    refused = propose(served, statement)

    yuan = f"{held / 100:.2f}"
    assert "可以提出付款" not in page.text
    assert f"{yuan} 元有异议，处理中" in parts(page)["暂留，还不能提出付款"]
    assert f"{yuan} 元有异议，处理中" in one
    assert f"提出付款 {yuan}" not in one
    assert refused.status_code == 409
    assert f"{yuan} 元暂留（有异议 {yuan} 元，待核查 0.00 元，未满天数 0.00 元）" in text_of(
        refused
    )


def test_what_waits_for_a_look_is_held_and_named_a_suspicion_to_nobody_who_does_not_decide(
    served: Served,
) -> None:
    accepted(served, 1)
    stands_out(served)

    decides, reads = (text_of(served.member(who).get(PAGE)) for who in ("zhou", "wang"))

    assert "可以提出付款" not in decides
    assert "65.00 元待核查" in decides
    assert ("65.00 元正在核实" in reads, "待核查" in reads) == (True, False)


def test_what_is_too_recent_waits_and_is_offered_when_its_days_have_passed(served: Served) -> None:
    statement = accepted(served, 1)[1]
    wait_days(served, 1, 60)
    young = served.member("zhou").get(PAGE)
    wait_days(served, 1, 0)
    free = served.member("zhou").get(PAGE)

    assert "可以提出付款" not in young.text
    assert "元未满 60 天，到期自动可付" in young.text
    assert f'name="statement_id" value="{statement}"' in parts(free)["可以提出付款"]
    assert "暂留，还不能提出付款" not in free.text


def test_a_failed_payout_is_proposed_anew_among_what_can_be_proposed(served: Served) -> None:
    payout = failed_payout(served, accepted(served, 1)[1])
    zhou = served.member("zhou")
    page = zhou.get(PAGE)
    offered = parts(page)["可以提出付款"]
    action = f"{PAGE}/{payout.payout_id}/again"

    assert (action in offered, "户名不符" in offered) == (True, True)
    number = form_number(page, action)
    assert zhou.post(action, data={"request_id": number}).status_code == 303
    with served.town.db.read() as tx:
        assert get_payout(tx, HERE, payout.payout_id).state == "proposed"
    assert "可以提出付款" not in zhou.get(PAGE).text


def test_what_waits_stands_before_what_is_over(served: Served) -> None:
    statements = accepted(served, 1, 2)
    db, at = served.town.db, served.town.at
    waits = propose_payout(db, HERE, statements[1], by=ZHOU, at=at)
    given_up = propose_payout(db, HERE, statements[2], by=ZHOU, at=at + 1_000)
    cancel_payout(db, HERE, given_up.payout_id, by=ZHOU, why="later", at=at)
    paid = propose_payout(db, HERE, statements[2], by=ZHOU, at=at + 2_000)
    approve_payout(db, HERE, paid.payout_id, by=LIU, at=at)
    send_payout(db, None, HERE, paid.payout_id, by=ZHOU, at=at)
    confirm_payout(db, HERE, paid.payout_id, by=ZHOU, at=at)

    found = parts(served.member("zhou").get(PAGE))

    shown = {name: re.findall(r'<article id="p(\d+)"', text) for name, text in found.items()}
    assert shown["未完成的付款"] == [str(waits.payout_id)]
    assert shown["已结束的付款"] == [str(paid.payout_id), str(given_up.payout_id)]
    assert list(found)[-2:] == ["未完成的付款", "已结束的付款"]


def test_all_are_approved_on_a_page_that_names_each_shop_and_amount(served: Served) -> None:
    statements = accepted(served, 1, 2)
    db, at = served.town.db, served.town.at
    made = [propose_payout(db, HERE, statements[shop], by=ZHOU, at=at) for shop in (1, 2)]
    liu, where = served.member("liu"), f"{PAGE}/approve-all"

    first = liu.get(PAGE)
    page = liu.get(where)
    own = served.member("zhou").get(where)

    assert f'href="{where}"' in first.text
    assert f'action="{where}"' not in first.text
    for one in made:
        assert f"{one.amount_fen / 100:,.2f}" in text_of(page)
        assert f'name="payout" value="{one.payout_id}"' in page.text
    assert ("M01" in text_of(page), "M02" in text_of(page)) == (True, True)
    assert own.status_code == 403
    number = form_number(page, where)
    done = liu.post(where, data={"request_id": number, "payout": [str(made[0].payout_id)]})
    assert done.status_code == 303
    with db.read() as tx:
        states = [get_payout(tx, HERE, one.payout_id).state for one in made]
    assert states == ["approved", "proposed"]
