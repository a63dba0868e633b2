"""The fake channel as the program the demonstration starts."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from pos.channel import Charged, ChargeRequest
from pos.gateway import Gateway

ROOT = Path(__file__).parents[2]
SALE = ChargeRequest(sale_id="9001", community_id=11, amount_fen=4_000, method="pm_card_visa")


@contextmanager
def running(*options: str) -> Iterator[Gateway]:
    """The program, killed at the end without a chance to tidy up."""
    command = [sys.executable, "-m", "kiosk.fakepay", "--port", "0", *options]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process,
        requests.Session() as session,
    ):
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[-1]
            yield Gateway(url, "sk_test", timeout_s=5, retries=0, session=session)
        finally:
            process.kill()


def test_it_tells_its_address_and_remembers_its_payments_when_killed(tmp_path: Path) -> None:
    options = ("--file", str(tmp_path / "fakepay.sqlite"), "--balance-fen", "500")

    with running(*options) as gateway:
        paid = gateway.charge(SALE)
    with running(*options) as gateway:
        found, again = gateway.find_charge("9001", 11), gateway.charge(SALE)
        balance = gateway.session.get(
            gateway.base_url + "/v1/balance", auth=("sk_test", ""), timeout=5
        ).json()

    assert isinstance(paid, Charged)
    assert paid == found == again
    assert balance["available"][0]["amount"] == 4_500
