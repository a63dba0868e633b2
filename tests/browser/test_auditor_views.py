"""The auditor's page as people meet it: every view legible in both languages, one sheet to sign, no worker needed."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any, Final

import pypdfium2  # type: ignore[import-untyped]
import pytest
import qrcode
from PIL import Image
from playwright.sync_api import Page, Playwright

from tests.browser.auditor import BLANK, Auditor, Task, auditor
from tests.browser.kits import KEY, ORIGIN, Kits
from tests.browser.test_till_screens import faults_of
from tests.support import tlog_reference as log
from tests.support.qr_reading import qr_codes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VIEWS: Final = ("verdict", "findings", "kept", "figures", "people", "receipt")


def at_width(opened: Auditor, width: int) -> Page:
    opened.page.set_viewport_size({"width": width, "height": 900})
    return opened.page


@pytest.mark.parametrize("width", [360, 1100])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_view_can_be_read_and_hit(
    playwright: Playwright, kits: Kits, width: int, language: str
) -> None:
    with auditor(playwright) as opened:
        page = at_width(opened, width)
        opened.open()
        if language == "en":
            page.get_by_role("button", name="English", exact=True).click()
        faults = {"open": faults_of(page)}
        kept = log.checkpoint(ORIGIN, kits.files.hashes()[:9], KEY)
        opened.run(Task(kits.altered("a_claim_asks_for_more"), [kept], ["x"]))
        for n, name in enumerate(VIEWS):
            opened.view(n)
            faults[name] = faults_of(page)

    assert {name: found for name, found in faults.items() if found} == {}


def test_the_language_is_one_tap_away_and_nothing_is_left_in_the_other(
    page: Auditor, kits: Kits
) -> None:
    page.run(Task(kits.altered("a_payout_is_larger")))
    chinese = page.page.locator("main").inner_text()
    assert "付款金额被改动" in chinese

    page.page.get_by_role("button", name="English", exact=True).click()

    for n in range(len(VIEWS)):
        page.view(n)
        text = page.page.locator("main").inner_text()
        # Names the community gave stay as it gave them.
        for name in ("常安社区", "居民自治积分"):
            text = text.replace(name, "")
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in text), (VIEWS[n], text)
    page.page.get_by_role("button", name="中文", exact=True).click()


def test_the_check_runs_in_a_thread_of_its_own_and_without_one_just_as_well(
    playwright: Playwright, kits: Kits
) -> None:
    with auditor(playwright) as opened:
        opened.open()
        assert opened.run(Task(kits.kit)).tone == "good"
        assert any(url.startswith("blob:") for url in opened.asked)
    with auditor(playwright) as opened:
        opened.page.add_init_script("delete window.Worker")
        opened.open()
        said = opened.run(Task(kits.altered("a_claim_asks_for_more"), (), ["x"]))
        assert next(found.code for found in said.found) == "claim_differs"
        assert not any(url.startswith("blob:") for url in opened.asked)
        assert opened.errors == []


def test_everything_is_reached_by_keyboard_and_said_to_a_screen_reader(
    playwright: Playwright, kits: Kits
) -> None:
    with auditor(playwright) as opened:
        page = opened.page
        # Asked for before the page opens: the driver takes a while to step between the browser and its dialogue.
        page.on("filechooser", lambda _chooser: None)
        opened.open()
        for _ in range(4):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.drop input')"):
                break
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Space")
        chooser.value.set_files(kits.kit)
        page.wait_for_selector("section.verdict")
        # Whoever cannot see is taken to the verdict, and Tab leads on from there.
        page.wait_for_function("document.activeElement.id === 'verdict-title'")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "INPUT"
        page.locator("nav button").nth(4).focus()
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'people-title'")
        tree: Any = page.locator("main").aria_snapshot()
        assert 'heading "谁能做什么" [level=1]' in tree
        assert "columnheader" in tree
        assert page.locator("nav button[aria-current=page]").inner_text() == "谁能做什么"


def test_the_verdict_prints_on_one_sheet_with_its_root_and_the_hash_of_the_file_itself(
    playwright: Playwright, kits: Kits, tmp_path: Path
) -> None:
    with auditor(playwright) as opened:
        opened.open()
        opened.run(Task(kits.signed().write(tmp_path / "signed.zip")))
        opened.page.locator(".inline-file input").set_input_files(BLANK)
        page_hash = hashlib.sha256(BLANK.read_bytes()).hexdigest()
        opened.page.wait_for_function(
            "hash => document.querySelector('main').innerText.replace(/ /g, '').includes(hash)",
            arg=page_hash,
        )
        pdf = pypdfium2.PdfDocument(opened.page.pdf(prefer_css_page_size=True))

    assert len(pdf) == 1
    text = pdf[0].get_textpage().get_text_range().replace(" ", "").replace("\r\n", "")
    root = log.root(kits.files.hashes()).hex()
    assert all(fact in text for fact in (root, page_hash, "账本相符", "积分账本独立核对"))
    assert "打印本页" not in text
    sheet = pdf[0].render(scale=3).to_pil()
    codes = [code.text for code in qr_codes(sheet)]
    assert codes == [log.board_code("CA01", log.checkpoint(ORIGIN, kits.files.hashes(), KEY))]


def test_a_photo_of_last_times_sheet_is_enough(page: Auditor, kits: Kits, tmp_path: Path) -> None:
    old = log.board_code("CA01", log.checkpoint(ORIGIN, kits.files.hashes()[:300], KEY))
    photo = tmp_path / "sheet.jpg"
    photo.write_bytes(_photo(old))
    page.run(Task(kits.signed().write(tmp_path / "signed.zip")))
    page.view(2)

    page.page.locator("form label.button input").set_input_files(photo)

    page.page.wait_for_selector("li[data-outcome=longer]")
    photo.write_bytes(_photo(None))
    page.page.locator("form label.button input").set_input_files(photo)
    page.page.wait_for_selector("p[role=alert]")


def _photo(code: str | None) -> bytes:
    """A sheet as a telephone takes it: grey, a little turned, the code in a third of the picture."""
    sheet = Image.new("RGB", (1600, 1200), (212, 208, 200))
    if code is not None:
        drawn = qrcode.QRCode(border=4)
        drawn.add_data(code)
        sheet.paste(drawn.make_image().get_image().convert("RGB").resize((640, 640)), (420, 260))
    turned = sheet.rotate(7, fillcolor=(212, 208, 200))
    body = io.BytesIO()
    turned.save(body, "JPEG", quality=80)
    return body.getvalue()


def test_what_is_no_kit_is_refused_with_a_sentence(page: Auditor, tmp_path: Path) -> None:
    page.open()
    empty = b"PK\x05\x06" + bytes(18)
    for name, body, said in (
        ("a.zip", b"hello", "不是 ZIP"),
        ("b.zip", empty, "找不到 manifest.json"),
    ):
        (tmp_path / name).write_bytes(body)
        page.page.locator(".drop input").set_input_files(tmp_path / name)
        page.page.wait_for_selector("p[role=alert]")
        page.page.wait_for_function(
            "said => document.querySelector('p[role=alert]').innerText.includes(said)", arg=said
        )
