"""Money in the office: the fund, shops' accounts, claims that come as a file."""

from __future__ import annotations

import io
from typing import Any

from ledger.book.balances import account_sum
from ledger.members import payout_accounts
from ledger.sql import Sql
from ledger.units import CNY
from tests.support.night_plant import Entry, claim_csv
from tests.support.pages_town import Served, form_number, text_of
from tests.support.town import HERE

REQUESTS = Sql("SELECT response FROM request WHERE community_id = :community_id")
BATCHES = Sql("SELECT outcome FROM claim_batch WHERE community_id = :community_id")


def fund(served: Served) -> int:
    with served.town.db.read() as tx:
        return account_sum(tx, HERE, "fund", CNY)


def test_money_is_booked_into_the_fund_once_with_its_reason(served: Served) -> None:
    client = served.member("zhou")
    before = fund(served)
    number = form_number(client.get("/office/fund"), "/office/fund")
    fields = {"request_id": number, "amount": "1,000.50", "reason": "街道拨款"}

    done = [client.post("/office/fund", data=fields) for _ in range(2)]
    refused = client.post(
        "/office/fund", data={**fields, "request_id": _fresh(client), "reason": ""}
    )

    assert [one.status_code for one in done] == [303, 303]
    assert fund(served) - before == 100_050
    assert refused.status_code == 422


def test_a_shops_account_takes_two_people_and_shows_four_digits(served: Served) -> None:
    secretary, committee = served.member("liu"), served.member("committee")
    action = "/office/shops/1/account"
    fields = {
        "request_id": form_number(secretary.get("/office/shops/1"), action),
        "holder": "孙某",
        "bank": "农商行",
        "account_no": "6222 0000 1111 7788",
    }
    secretary.post(action, data=fields)
    waiting = committee.get("/office/approvals")
    own = secretary.get("/office/approvals")
    agree = next(part for part in waiting.text.split('"') if part.endswith("/agree"))

    committee.post(agree, data={"request_id": form_number(waiting, agree)})

    page = served.member("he").get("/office/shops/1").text
    with served.town.db.read() as tx:
        account = payout_accounts.find_at(tx, HERE, 1, at=served.town.at)
        kept = repr([tuple(row) for row in tx.all(REQUESTS, community_id=HERE)])
    assert account is not None
    assert account.account_no == "6222000011117788"
    assert "由同事来定" in text_of(own)
    assert "/agree" not in own.text
    assert "****7788" in page
    assert "6222000011117788" not in page
    assert "6222" not in kept


def test_who_may_approve_payouts_may_not_approve_points_from_nothing(served: Served) -> None:
    secretary, admin = served.member("liu"), served.member("admin")
    table = "户号,积分\r\nH00001,100.00\r\n"
    seen = admin.post(
        "/office/imports/preview",
        data={
            "request_id": form_number(admin.get("/office/imports"), "/office/imports/preview"),
            "kind": "balances",
            "file": (io.BytesIO(table.encode()), "balances.csv"),
        },
    )
    digest = seen.text.split('name="file" value="')[1][:64]
    proposed = admin.post(
        "/office/imports",
        data={
            "request_id": form_number(seen, "/office/imports"),
            "kind": "balances",
            "file": digest,
        },
    )
    waiting = served.member("committee").get("/office/approvals")
    agree = next(part for part in waiting.text.split('"') if part.endswith("/agree"))

    refused = secretary.post(agree, data={"request_id": _fresh(secretary)})
    agreed = served.member("committee").post(
        agree, data={"request_id": form_number(waiting, agree)}
    )

    assert "须由第二人同意" in text_of(seen)
    assert proposed.status_code == 303
    assert refused.status_code == 403
    assert agreed.status_code == 303
    assert "900.00 积分" in text_of(served.resident(1).get("/me"))


def send_claims(served: Served, text: str) -> Any:
    client = served.member("zhou")
    return client.post(
        "/office/claims",
        data={
            "request_id": form_number(client.get("/office/claims"), "/office/claims"),
            "shop": "1",
            "day": "2026-03-01",
            "file": (io.BytesIO(text.encode("utf-8-sig")), "claims.csv"),
        },
    )


def test_a_list_of_claims_is_taken_once_and_a_bad_one_names_its_lines(served: Served) -> None:
    town = served.town
    entry = Entry(town.tills[0], town.tills[0].next_ref(town.day), 1, 1_000, town.day, town.at)
    good = claim_csv("M01", [entry])

    taken, again = send_claims(served, good), send_claims(served, good)
    bad = send_claims(served, good.replace("10.00", "=1+1"))

    assert "已收下 共 1 行，10.00 元" in text_of(taken)
    assert "这个文件以前收过" in text_of(again)
    assert "有错误行，全部不计" in text_of(bad)
    assert "单元格里是公式" in text_of(bad)
    with town.db.read() as tx:
        outcomes = sorted(row.outcome for row in tx.all(BATCHES, community_id=HERE))
    assert outcomes == ["UNREADABLE", "ok"]


def _fresh(client: Any) -> str:
    page = client.get("/office/today")
    return form_number(page, "/office/sign-out")


def test_a_form_that_was_refused_is_refused_again_and_never_called_done(
    served: Served,
) -> None:
    client = served.member("zhou")
    fields = {
        "request_id": form_number(client.get("/office/statements"), "/office/statements"),
        "month": "202603",
    }
    first, again = (client.post("/office/statements", data=fields) for _ in range(2))

    assert first.status_code == again.status_code == 409
    assert text_of(again) == text_of(first)
