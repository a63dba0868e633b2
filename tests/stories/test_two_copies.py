"""Two copies of one request on the wire: a "no" decided on one of them is no answer while the other waits for money."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from ledger.book import requests
from ledger.errors import Refusal
from pos import channel_refunds
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.decide import KIND
from pos.scanning import run_scanned
from tests.support.buying import refused, wallet
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.town import Town


def no(*_args: Any, **_named: Any) -> NoReturn:
    """What a server decides that looked before the other copy had begun."""
    raise Refusal("token_expired")


def test_a_sale_refused_on_one_line_and_begun_on_another_is_not_refused(
    town: Town, channel: FakeChannel
) -> None:
    channel.trouble = lambda _: "lost_answer"
    request = town.sale(1, 5_000, 20_000, channel="gateway")
    assert refused(town, request).code == "payment_unknown"

    with pytest.raises(Refusal, match="busy_try_again"):
        run_scanned(town.desk, request, KIND, requests.hash_of(request.body()), no, at=town.at)

    channel.trouble = lambda _: ""
    assert check_out_by_gateway(town.desk, request, at=town.at)["paid_fen"] == 4_000
    assert wallet(town).held == 0
    check_invariants(town.db.engine)


def test_a_refund_refused_on_one_line_and_begun_on_another_is_not_refused(
    town: Town, channel: FakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = town.sale(1, 5_000, 20_000, channel="gateway")
    sold = check_out_by_gateway(town.desk, sale, at=town.at)
    channel.trouble = lambda _: "lost_answer"
    request = town.refund(sold["ref"], 2_000)
    assert refused(town, request, by=refund_by_gateway).code == "payment_unknown"
    channel.trouble = lambda _: ""

    with monkeypatch.context() as early:
        early.setattr(channel_refunds, "find_begun", lambda *_args: None)
        early.setattr(channel_refunds, "find_sale", no)
        assert refused(town, request, by=refund_by_gateway).code == "busy_try_again"

    assert refund_by_gateway(town.desk, request, at=town.at)["refund_fen"] == 2_000
    check_invariants(town.db.engine)
