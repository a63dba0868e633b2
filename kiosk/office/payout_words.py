"""Why what is owed to a shop cannot be proposed yet, in the words the office reads."""

from __future__ import annotations

from flask import url_for

from kiosk.pages import say, yuan
from kiosk.texts import mark
from settlement.shop_money import Unpaid


def held_words(one: Unpaid) -> list[tuple[str, str]]:
    """Each part of a statement's rest that waits, with its reason, and the page where it is settled or ''."""
    objections, watch = url_for("office.objections"), url_for("office.watch")
    parts = (
        (one.disputed_fen, mark("{yuan} yuan in lines objected to"), objections),
        (one.review_fen, mark("{yuan} yuan wait for a look"), watch),
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
    elif one.stop == "payout_waiting":
        said.append((say(mark("another payout of this shop is not sent yet")), ""))
    return said
