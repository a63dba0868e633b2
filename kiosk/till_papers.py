"""The papers of a till, printed by the office or by the shop itself: set up, day by day, pads for a day on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Response, request

from kiosk.api.types import moment_text
from kiosk.context import service
from kiosk.pages import page_language
from kiosk.prints.enrolment_slip import Slip, draw_enrolment_slip
from kiosk.prints.slip_pad import draw_slip_pad
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.members import terminals
from ledger.members.codes import issue_card_code
from ledger.members.terminals import Terminal
from ledger.members.terms import Terms
from ledger.sql import Tx

TEST_SERIAL: Final = 0
"""No card is ever opened under it, so its code tests a scanner and buys nothing."""
_MINUTE_US: Final = 60 * SECOND_US
_DIGITS: Final = 5


def fresh_code(tx: Tx, here: Terms, terminal_id: int, *, by: By, at: int) -> dict[str, str]:
    """A new enrolment code, until when it holds, and the test card.

    Refuses: terminal_not_found, terminal_is_paper, token_no_signing_key. Of the code only its hash is kept, so what
    this gives back must go into no kept answer.
    """
    code = terminals.make_enrolment_code(tx, here.community.id, terminal_id, by=by, at=at)
    until = at + here.settings.enrolment_minutes * _MINUTE_US
    return {
        "code": code,
        "until": moment_text(until, here.community.zone)[11:16],
        "card": test_card(tx, here, at=at),
    }


def test_card(tx: Tx, here: Terms, *, at: int) -> str:
    """The code of the card that tests scanners and buys nothing. Refuses: token_no_signing_key."""
    return issue_card_code(tx, service().vault, here.community.id, TEST_SERIAL, 0, at=at)


def enrolment_paper(here: Terms, terminal: Terminal, made: Mapping[str, str]) -> Response:
    """The page a tablet is set up with; `made` without a code gives the page for the days after."""
    slip = Slip(
        shop=here.merchant(terminal.merchant_id).name,
        branch=here.branch(terminal.branch_id).name,
        terminal=terminal.code,
        issuer=here.community.issuer,
        code=made.get("code", ""),
        address=f"{(service().settings.public_url or request.host_url).rstrip('/')}/{terminal.kind}",
        until=made.get("until", ""),
        card=made["card"],
        hotline=here.community.hotline or "",
    )
    return _pdf(draw_enrolment_slip(slip, language=page_language()), terminal.code)


def pad_paper(here: Terms, pad: Terminal) -> Response:
    """Slips of a pad, `count` from number `first` of the address on, and a sheet for the day.

    Refuses: slip_number_bad, card_sheet_too_long.
    """
    body = draw_slip_pad(
        terminal_code=pad.code,
        shop=f"{here.merchant(pad.merchant_id).name} {here.branch(pad.branch_id).name}",
        community=here.community.name,
        hotline=here.community.hotline or "",
        first=_from_query("first", 1),
        count=_from_query("count", 60),
        language=page_language(),
    )
    return _pdf(body, f"slips-{pad.code}")


def _pdf(body: bytes, name: str) -> Response:
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _from_query(name: str, default: int) -> int:
    typed = request.args.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS else default
