"""The till's own check, as a browser runs it, believes a thousand codes of the server and none with a byte changed."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Playwright

from ledger.clock import SECOND_US
from ledger.token_keys import KeyClass, jwks
from tests.browser.served import Served
from tests.browser.tablet import chromium
from tests.browser.test_old_chromium import node

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CODES: Final = 1_000
_WEB: Final = Path(__file__).parents[2] / "kiosk" / "web"
_BUNDLER: Final = _WEB / "node_modules" / "rolldown" / "bin" / "cli.mjs"
_BELIEVED: Final = """async ([texts, expected]) => {
  let believed = 0;
  for (const text of texts) {
    try { await window.tokens.verifyToken(text, expected); believed += 1; } catch (error) {
      if (error.name !== "ScanError" && !("fault" in error)) throw error;
    }
  }
  return believed;
}"""


def _bundle(folder: Path) -> str:
    """The till's `rules/verify.ts` with all it needs, as one script."""
    out = folder / "verify.js"
    words = ["--file", str(out), "--format", "iife", "--name", "tokens"]
    subprocess.run(
        [node(), str(_BUNDLER), "src/rules/verify.ts", *words],
        cwd=_WEB,
        check=True,
        capture_output=True,
    )
    return out.read_text(encoding="utf-8")


def _changed(text: str, chance: random.Random) -> str:
    number = int(text[2:]) ^ (1 << chance.randrange(8 * 105))
    return "71" + str(number)


def test_a_thousand_codes_are_believed_and_none_with_a_bit_changed(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    chance = random.Random(1_000)
    classes = (KeyClass.CARD, KeyClass.DYN, KeyClass.EARN)
    texts = [served.code(1 + n % 3, classes[n % 3]) for n in range(CODES)]
    keys = jwks(signer.public for signer in served.town.signers.values())
    expected = {
        "keys": keys["keys"],
        "issuer": "CA01",
        "nowS": served.now() // SECOND_US,
        "classes": [each.value for each in classes],
    }
    script = _bundle(tmp_path)
    with chromium(playwright) as browser:
        page = browser.new_page()
        page.goto(f"{served.url}/healthz")
        page.evaluate(f"{script};window.tokens = tokens;")
        believed = page.evaluate(_BELIEVED, [texts, expected])
        forged = page.evaluate(_BELIEVED, [[_changed(text, chance) for text in texts], expected])
    assert len(set(texts)) > CODES // 2
    assert (believed, forged) == (CODES, 0)
