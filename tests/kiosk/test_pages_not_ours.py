"""A purchase of the wrong household, from the resident's page or the desk to the second person's agreement."""

from __future__ import annotations

from settlement.wrong_household import newest_said, to_name
from tests.kiosk.test_pages_office import post
from tests.support import misuse
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE

MINE = "/me/not-ours"
DESK = "/office/residents/1/not-ours"


def listed(served: Served) -> list[str]:
    with served.town.db.read() as tx:
        return [str(int(row.txn_id)) for row in to_name(tx, HERE, 1, at=served.town.at)]


def spent(served: Served) -> str:
    """A purchase whose points are proven."""
    ref = misuse.spend(served.town, 6_000)
    with served.town.db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE pending SET state = 'reversed', left_units = 0, ended_at = 1"
        )
    return ref


def number(served: Served) -> int:
    with served.town.db.read() as tx:
        return int(newest_said(tx, HERE)[0].discrepancy_no)


def test_a_resident_names_a_purchase_and_their_card_stays(served: Served) -> None:
    spent(served)
    mine = served.resident()
    page = mine.get(MINE)
    assert "用了 60.00 分" in text_of(page)

    sent = mine.post(
        MINE,
        data={"request_id": form_number(page, MINE), "entry": listed(served), "told": "记错了"},
    )

    assert sent.location.endswith("?said=not_ours_sent")
    shown = text_of(mine.get(MINE))
    assert "正在核实 · 2026-03-05前答复" in shown
    assert "{" not in shown
    misuse.spend(served.town, 2_000)  # the card is as good as before
    row = text_of(served.member("second").get("/office/discrepancies"))
    assert "记错户" in row
    assert "去处理" in row


def test_the_desk_takes_it_in_finds_the_household_and_a_second_person_agrees(
    served: Served,
) -> None:
    ref = spent(served)
    before = [misuse.wallet(served.town, person).posted for person in (1, 2)]
    done = post(served, "wang", DESK, DESK, entry=listed(served), told="看错了卡")
    one = f"/office/not-ours/{number(served)}"
    assert done.location.endswith(f"{one}?said=not_ours_taken")
    listed_now = text_of(served.member("wang").get("/office/not-ours"))
    assert ref in listed_now
    assert "{" not in listed_now

    found = served.member("wang").post(one, data={"q": "李"})
    assert 'name="other"' in found.get_data(as_text=True)
    post(served, "wang", one, f"{one}/propose", end="rebook", other="2", why="小票是二号家的")
    waits = text_of(served.member("wang").get(one))
    assert "待第二人同意" in waits or "改记到" in waits
    page = served.member("committee").get("/office/approvals")
    assert "小票是二号家的" in text_of(page)
    agree = page.get_data(as_text=True).split("/agree")[0].rsplit("/", 1)[1]
    post(served, "committee", "/office/approvals", f"/office/approvals/{agree}/agree")

    after = [misuse.wallet(served.town, person).posted for person in (1, 2)]
    assert after == [before[0] + 6_000, before[1] - 6_000]
    assert "已改记到应记的户" in text_of(served.member("wang").get(one))
    assert "记错户的消费已改正" in text_of(served.resident().get("/me"))


def test_who_hands_out_no_cards_takes_nothing_in(served: Served) -> None:
    assert served.member("committee").get(DESK).status_code == 403
