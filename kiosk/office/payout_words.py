"""Why what is owed to a shop cannot be proposed yet, in the words the office reads."""

from __future__ import annotations

from flask import url_for

from kiosk.office.frame import can
from kiosk.pages import say, yuan
from kiosk.texts import mark
from settlement.shop_money import Unpaid


def held_words(one: Unpaid) -> list[tuple[str, str]]:
    """Each part of a statement's rest that waits, with its reason, and the page where it is settled or ''."""
    # Who does not decide differences reads no suspicion: to them all of it is being looked into.
    if can("discrepancy.decide"):
        disputed = mark("{yuan} yuan in lines objected to")
        looked_at: tuple[tuple[int, str, str], ...] = (
            (one.disputed_fen, disputed, url_for("office.objections")),
            (one.review_fen, mark("{yuan} yuan wait for a look"), url_for("office.watch")),
        )
    else:
        both = one.disputed_fen + one.review_fen
        looked_at = ((both, mark("{yuan} yuan are being looked into"), ""),)
    parts = (
        *looked_at,
        (one.recent_fen, mark("{yuan} yuan are younger than {days} days: free by themselves"), ""),
        (
            one.small_fen,
            mark("{yuan} yuan are less than {least} yuan: carried to the next month"),
            "",
        ),
    )
    said = [
        (
            say(text).format(yuan=yuan(fen), days=one.risk_days, least=yuan(one.least_fen)),
            href,
        )
        for fen, text, href in parts
        if fen > 0
    ]
    if one.stop == "payout_stopped":
        said.append(
            (
                say(mark("the bank paid this shop otherwise than asked: settle that first")),
                url_for("office.bank"),
            )
        )
    elif one.stop == "heirs_account_missing":
        said.append(
            (
                say(mark("its owner died: two people have to agree to the heirs' account")),
                url_for("office.merchant", merchant_id=one.claimant_id),
            )
        )
    elif one.stop == "payout_waiting":
        said.append((say(mark("another payout of this shop is not sent yet")), ""))
    return said
