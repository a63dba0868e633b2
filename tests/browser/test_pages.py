"""Pages in real browsers: a code that renews, large type, one press one effect, Chromium 80 too."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright
from werkzeug.serving import make_server

from ledger.database import Database
from settlement.discrepancies import get_discrepancy
from settlement.discrepancy_lists import TO_DECIDE, page_of
from tests.browser.tablet import CHROMIUM, FLAGS, PHONE
from tests.browser.test_old_chromium import _UNPACKED, node
from tests.browser.test_till_screens import faults_of
from tests.support.pages_nights import close_march, one_night
from tests.support.pages_town import PASSWORD, PIN, Served, serve
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Site:
    """The served town and its address."""

    served: Served
    url: str


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """A town on the loopback."""
    db = Database(sqlite_url)
    served = serve(db, tmp_path)
    server = make_server("127.0.0.1", 0, served.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(served, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    db.close()


@pytest.fixture
def phone(playwright: Playwright) -> Iterator[Page]:
    """A phone of 360 x 640 that reads Chinese."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    yield page
    browser.close()


def sign_in(site: Site, page: Page, person: int = 1) -> None:
    page.goto(f"{site.url}/me")
    page.fill("#number", site.served.card_numbers[person])
    page.fill("#pin", PIN)
    page.click("button.main")
    page.locator(".balance").wait_for()


def staff_in(site: Site, page: Page, login: str, area: str = "office") -> None:
    page.goto(f"{site.url}/{area}/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("button.main")


def read_code(png: bytes) -> str:
    [found] = qr_codes(Image.open(io.BytesIO(png)))
    return str(found.text)


def test_a_code_on_a_small_phone_is_read_and_renews_before_it_ends(site: Site, phone: Page) -> None:
    phone.clock.install()
    sign_in(site, phone)
    phone.click("text=出示积分码")
    picture = phone.locator("[data-picture] svg")
    picture.wait_for()
    first = read_code(picture.screenshot())
    assert "还可使用 60 秒" in phone.inner_text("[data-count]")

    phone.clock.run_for(44_000)
    assert read_code(picture.screenshot()) == first
    with phone.expect_response("**/me/code"):
        phone.clock.run_for(2_000)
    phone.wait_for_timeout(200)

    assert read_code(picture.screenshot()) != first
    assert len(first) == 255


def test_without_a_network_the_code_ends_covered_and_says_so(site: Site, phone: Page) -> None:
    phone.clock.install()
    sign_in(site, phone)
    phone.goto(f"{site.url}/me/code")
    phone.locator("[data-picture] svg").wait_for()

    phone.context.set_offline(True)
    phone.clock.run_for(61_000)

    assert phone.locator("[data-trouble]").is_visible()
    assert qr_codes(Image.open(io.BytesIO(phone.screenshot()))) == []
    phone.context.set_offline(False)
    with phone.expect_response("**/me/code"):
        phone.clock.run_for(4_000)
    phone.wait_for_timeout(200)
    assert phone.locator("[data-trouble]").is_hidden()
    assert read_code(phone.locator("[data-picture] svg").screenshot())


def test_residents_and_shops_read_large_type_and_hit_large_keys(site: Site, phone: Page) -> None:
    statement = close_march(site.served)[1]
    faults: dict[str, list[str]] = {}

    def look(*paths: str) -> None:
        for path in paths:
            for language in ("zh", "en"):
                phone.goto(f"{site.url}{path}{'&' if '?' in path else '?'}lang={language}")
                found = faults_of(phone)
                if found:
                    faults[f"{path} {language}"] = found

    look("/", "/me/sign-in", "/merchant/sign-in", "/office/sign-in", "/nothing")
    phone.goto(f"{site.url}/?lang=zh")
    sign_in(site, phone)
    look("/me", "/me/code", "/me/code?purpose=earn")
    staff_in(site, phone, "sun", "merchant")
    look("/merchant", "/merchant/tills", f"/merchant/statements/{statement}")

    assert faults == {}


def test_a_difference_is_decided_in_its_place_and_by_keyboard_alone(
    site: Site, phone: Page
) -> None:
    one_night(site.served)
    with site.served.town.db.read() as tx:
        first = page_of(tx, HERE, TO_DECIDE)[0]
    troubles: list[str] = []
    phone.on("pageerror", lambda error: troubles.append(str(error)))
    phone.set_viewport_size({"width": 1280, "height": 800})
    staff_in(site, phone, "zhou")
    phone.goto(f"{site.url}/office/discrepancies")
    cards = phone.locator("article").count()
    card = phone.locator("article").first

    card.locator("a[role=button]").last.focus()
    phone.keyboard.press("Enter")
    card.locator("form").wait_for()
    card.locator("input[type=radio]").first.focus()
    phone.keyboard.press("Space")
    card.locator("button[type=submit]").focus()
    phone.keyboard.press("Enter")
    card.locator("[role=status]").wait_for()

    with site.served.town.db.read() as tx:
        row = get_discrepancy(tx, HERE, first.discrepancy_no)
    assert row.state == "asked"
    assert phone.url == f"{site.url}/office/discrepancies"
    assert phone.locator("article").count() == cards
    assert troubles == []


def test_two_quick_presses_hand_out_one_card(site: Site, phone: Page) -> None:
    staff_in(site, phone, "wang")
    phone.goto(f"{site.url}/office/residents/1")
    button = phone.locator("form[action$='/card'] button")

    button.evaluate("button => { button.click(); button.click(); }")
    phone.locator("[role=status]").wait_for()

    assert len(re.findall(r"\d{6}-[0-9A-Z]", phone.inner_text("main"))) == 2


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_of_the_office_is_wider_than_its_screen_or_blocked_by_its_policy(
    site: Site, phone: Page, width: int
) -> None:
    statement = close_march(site.served)[1]
    phone.set_viewport_size({"width": width, "height": 800})
    wide: list[str] = []
    blocked: list[str] = []
    phone.on("console", lambda said: blocked.append(said.text) if said.type == "error" else None)
    for login, paths in {
        "second": (
            "today",
            "discrepancies",
            "statements",
            f"statements/{statement}",
            "payouts",
            "claims",
            "fund",
            "approvals",
            "residents",
            "residents/1",
            "cards",
            "shops/1",
            "imports",
        ),
        "admin": ("settings", "staff", "audit"),
    }.items():
        staff_in(site, phone, login)
        for path in paths:
            phone.goto(f"{site.url}/office/{path}")
            if phone.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(path)

    assert wide == []
    assert blocked == []


@pytest.mark.parametrize("version", ["80", "92"])
def test_a_resident_shows_a_code_in_an_old_browser(site: Site, version: str) -> None:
    task = {"url": site.url, "number": site.served.card_numbers[1], "pin": PIN}
    runner = Path(__file__).with_name("old_pages.mjs")
    done = subprocess.run(
        [node(), str(runner), version, str(_UNPACKED), json.dumps(task)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)

    assert seen["errors"] == []
    assert seen["agent"].startswith(f"HeadlessChrome/{version}.")
    assert "800.00 积分" in seen["home"]
    assert seen["overflow"] is False
    assert seen["width"] >= 290
    assert "还可使用" in seen["count"]
    assert len(read_code(base64.b64decode(seen["picture"]))) == 255
