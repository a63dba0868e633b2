"""The enrolment slip as it is printed, and a person who follows it: what is pressed and typed, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import pypdfium2  # type: ignore[import-untyped]

from kiosk.prints.enrolment_slip import Slip as Words
from kiosk.prints.enrolment_slip import draw_enrolment_slip
from ledger.members.codes import issue_card_code
from ledger.sql import Tx
from tests.browser.served import CLERK, CLERK_CODE, ISSUER, Served
from tests.browser.tablet import Tablet
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE


class Slip(NamedTuple):
    """What a camera reads off the paper, the address with both codes and the test card; and what a person reads."""

    address: str
    card: str
    words: str


def printed_slip(served: Served, terminal_code: str = "M01A1") -> Slip:
    """Print the slip for a new till of the town's shop and read its pictures back from the paper."""
    code = served.enrolment("till", terminal_code)

    def card(tx: Tx) -> str:
        return issue_card_code(tx, served.town.vault, HERE, 0, 0, at=served.now())

    words = Words(
        shop="老李粮油店",
        branch="常村路店",
        terminal=terminal_code,
        issuer=ISSUER,
        code=code,
        address=f"{served.url}/till",
        until="09:10",
        card=served.town.db.write(card),
        hotline="0335-1234567",
    )
    page = pypdfium2.PdfDocument(draw_enrolment_slip(words))[0]
    printed = page.get_textpage().get_text_bounded()
    found = sorted((one.text for one in qr_codes(page.render(scale=200 / 72).to_pil())), key=len)
    address, test_card = found
    return Slip(address, test_card, printed)


@dataclass
class Owner:
    """Follows the slip; `steps` counts keys pressed, digits typed and codes scanned."""

    tablet: Tablet
    served: Served
    steps: list[str] = field(default_factory=list)

    def look(self) -> None:
        """What a person does before the next key; whoever measures reads the screen here."""

    def press(self, words: str) -> None:
        """A key by its words."""
        self.tablet.button(words).wait_for()
        self.look()
        self.tablet.button(words).click()
        self.steps.append(f"press {words}")

    def type(self, digits: str) -> None:
        """Digits on the pad."""
        self.tablet.page.locator(".pad").wait_for()
        self.look()
        self.tablet.digits(digits)
        self.steps.extend(f"digit {digit}" for digit in digits)

    def set_up(self, slip: Slip) -> None:
        """Steps 1 and 2 of the slip."""
        self.tablet.page.goto(slip.address)
        self.steps.append("scan the slip")
        self.press("Set up")
        name = self.tablet.page.get_by_role("button", name=CLERK)
        name.wait_for()
        self.look()
        name.click()
        self.steps.append("choose the name")
        self.type(CLERK_CODE)
        self.tablet.page.locator(".training-bar").wait_for()

    def practise(self) -> None:
        """Step 3."""
        self.press("Sale")
        self.type("50")
        self.press("Scan the code")
        self.press("Use the practice card")
        self.tablet.page.locator(".pays").wait_for()
        self.confirm()
        self.press("Home")

    def leave(self) -> None:
        """Step 4."""
        self.press("Leave the training")
        self.press("Start real sales")
        self.tablet.page.locator(".training-bar").wait_for(state="detached")

    def first_sale(self) -> dict[str, str]:
        """Step 5; gives what the screen says at its end."""
        self.press("Sale")
        self.type("50")
        self.press("Scan the code")
        self.tablet.wedge(self.served.code(1))
        self.steps.append("scan the customer's code")
        self.tablet.page.locator(".pays").wait_for()
        # Few points, so that nobody need type a PIN.
        presses = self.tablet.offset_to(200)
        self.steps.extend("press Fewer points" for _ in range(presses))
        self.confirm()
        return self.tablet.result()

    def confirm(self) -> None:
        """The one big key."""
        self.look()
        self.tablet.confirm()
        self.steps.append("confirm")
        self.tablet.result()
