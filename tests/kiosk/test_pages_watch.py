"""The office's page of what stood out: read, answered with a reason, and for those alone who decide."""

from __future__ import annotations

from settlement.watch_run import held_for_review
from tests.kiosk.test_pages_office import post
from tests.support.night_plant import into
from tests.support.pages_town import Served, text_of
from tests.support.town import HERE


def stands_out(served: Served) -> None:
    into(
        served.town.db,
        "INSERT INTO watch_flag (community_id, business_date, rule, merchant_id, wallet_owner_id, terminal_id, figure,"
        f" refs, state, reason, seen_at) VALUES ({HERE}, 20260302, 'R3', 1, 0, 0, 12300, '[\"X-1\", \"X-2\"]', 'open',"
        " '', 0)",
    )


def test_a_warning_is_read_and_answered_with_what_was_found(served: Served) -> None:
    stands_out(served)

    page = text_of(served.member("zhou").get("/office/watch"))
    assert "团伙：一晚集中整数虚假抵扣" in page
    assert "M01 shop 1" in page
    assert "123.00" in page
    post(
        served, "zhou", "/office/watch", "/office/watch",
        flag="20260302/R3/1/0/0", answer="nothing", reason="店庆活动",
    )  # fmt: skip

    assert "没有待核查的预警" in text_of(served.member("zhou").get("/office/watch"))
    with served.town.db.read() as tx:
        assert held_for_review(tx, HERE, 1) == 0


def test_a_warning_names_the_household_and_no_number_of_the_machine(served: Served) -> None:
    refs = '["1:45:1792050529:2"]'
    for rule, whose, figure in (("R5", 0, 2), ("F8", 1, 4)):
        listed = refs if rule == "R5" else '["M01T1-260302-00001-X"]'
        into(
            served.town.db,
            "INSERT INTO watch_flag (community_id, business_date, rule, merchant_id, wallet_owner_id, terminal_id,"
            f" figure, refs, state, reason, seen_at) VALUES ({HERE}, 20260302, '{rule}', 1, {whose}, 0, {figure},"
            f" '{listed}', 'open', '', 0)",
        )

    answer = served.member("zhou").get("/office/watch")

    page = text_of(answer)
    assert "1:45:1792050529:2" not in page
    assert "付款码 45-2" in page
    assert "4 次 30 天内" in page
    assert "当天的小票（1 笔）" in page
    assert "/office/households?code=" in answer.text


def test_who_does_not_decide_does_not_read_suspicions(served: Served) -> None:
    stands_out(served)

    assert served.member("wang").get("/office/watch").status_code == 403
