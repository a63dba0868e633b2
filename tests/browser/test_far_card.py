"""A card held too far away: the till in Chromium reads on its second look what the first look cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Playwright

from kiosk.prints.card_sheet import CardFace, draw_card_sheet
from ledger.members.codes import card_number
from ledger.token_keys import KeyClass
from tests.browser.served import Served
from tests.browser.tablet import PHONE, Tablet, chromium
from tests.support.qr_reading import till_reads
from tests.support.sheet_camera import cards_of, look, photograph

pytestmark = [pytest.mark.browser, pytest.mark.slow]


FRAMES: Final = 6


def too_far(code: str) -> list[Image.Image]:
    """Frames of the printed card that the plain look does not read and the closer one does, with room to spare.

    Chromium's stand-in for a camera passes frames on a little softer than they are, so several are shown in turn.
    """
    pdf = draw_card_sheet([CardFace(code, card_number(1))], community="常安社区", hotline="")
    (card,) = cards_of(pdf, [(0, 0)])
    found = []
    for number in range(400):
        seed = f"far/{number}"
        frame = photograph(card, look(seed, distance_mm=300, glare=False), seed)
        softer = frame.filter(ImageFilter.GaussianBlur(0.7))
        if not till_reads(frame, closer=False) and till_reads(softer) == [code] == till_reads(
            frame
        ):
            found.append(frame)
        if len(found) == FRAMES:
            return found
    raise AssertionError("nearly every frame was read at once, or none at all")


def test_a_card_held_too_far_away_is_read_on_the_second_look(
    playwright: Playwright, served: Served, tmp_path: Path
) -> None:
    head = b"YUV4MPEG2 W1280 H720 F30:1 Ip A1:1 C420\n"
    video = tmp_path / "far.y4m"
    pictures = []
    for seen in too_far(served.code(1, KeyClass.CARD)):
        frame = Image.new("L", (1280, 720), 120)
        frame.paste(seen, (320, 40))
        # Each stands for half a second, as a hand holds a card still.
        pictures.append((b"FRAME\n" + frame.tobytes() + bytes([128]) * (1280 * 720 // 2)) * 15)
    video.write_bytes(head + b"".join(pictures))

    with chromium(playwright, video=video) as browser:
        tablet = Tablet(browser.new_page(viewport=PHONE), served)
        tablet.enrol()
        tablet.touch("Sale")
        tablet.digits("50")
        tablet.touch("Scan the code")
        tablet.page.locator(".pays").wait_for(timeout=60_000)
        assert tablet.errors == []
