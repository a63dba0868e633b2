"""What a holder is told of a sale made without network that did not end as it began: plainly, and without blame."""

from __future__ import annotations

from typing import Final

from kiosk.pages import day_text, points, say
from kiosk.texts import Translate, mark, translator
from ledger.earning.calendar import business_date, day_key
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.offline import lists

SHOWN_US: Final = 14 * 86_400 * 1_000_000

SHORT: Final = mark(
    "At {shop} the network was down when you paid. {points} points were already used elsewhere; "
    "the shop is paid. The next points you earn make up for them."
)
SHORT_ELSEWHERE: Final = mark(
    "The network was down when you paid somewhere on {day}. {points} points were already used elsewhere; "
    "that shop is paid. The next points you earn make up for them."
)
TWICE: Final = mark(
    "A spare code of your phone was shown at {shop} too, after another shop had taken it, while the network was down. "
    "Your points were taken once only. If you did not show it twice, tell the office."
)
TWICE_ELSEWHERE: Final = mark(
    "A spare code of your phone was shown at two shops on {day}, while the network was down. "
    "Your points were taken once only. If you did not show it twice, tell the office."
)
REFUSED: Final = mark(
    "At {shop} the network was down when you bought something. That purchase could not be written "
    "down afterwards; your points are as they were. The office will settle it with the shop."
)
REFUSED_ELSEWHERE: Final = mark(
    "The network was down when you bought something on {day}. That purchase could not be written "
    "down afterwards; your points are as they were. The office will settle it with that shop."
)


def said_of(here: Terms, row: Row, translate: Translate = say) -> str:
    """The sentence for a holder (a row of `offline_sale`), in the reader's language."""
    shop = here.merchant(int(row.merchant_id)).name
    if row.state == "short":
        lacked = points(int(row.lacked_units), here.shown.precision)
        return translate(SHORT).format(shop=shop, points=lacked)
    if row.state == "twice":
        return translate(TWICE).format(shop=shop)
    return translate(REFUSED).format(shop=shop)


def said_elsewhere(here: Terms, row: Row, translate: Translate) -> str:
    """The sentence as another shop's clerk reads it out: where the holder buys else is no matter of theirs."""
    day = day_text(day_key(business_date(int(row.occurred_at), here.community.timezone)))
    if row.state == "short":
        lacked = points(int(row.lacked_units), here.shown.precision)
        return translate(SHORT_ELSEWHERE).format(day=day, points=lacked)
    if row.state == "twice":
        return translate(TWICE_ELSEWHERE).format(day=day)
    return translate(REFUSED_ELSEWHERE).format(day=day)


def notices_for(tx: Tx, here: Terms, person_id: int) -> list[dict[str, str]]:
    """What a clerk tells a holder at the next contact, in both languages; it names no shop.

    Never to be spoken by the till itself.
    """
    return [
        {
            "request_id": row.request_id,
            "ref": row.ref,
            "zh": said_elsewhere(here, row, translator("zh")),
            "en": said_elsewhere(here, row, translator("en")),
        }
        for row in lists.unheard(tx, here.community.id, person_id)
    ]


def seen_by_resident(tx: Tx, here: Terms, person_id: int, *, at: int) -> list[str]:
    """What a resident reads of it on their own page: for two weeks from when it was first there."""
    rows = lists.on_own_page(tx, here.community.id, person_id, since=at - SHOWN_US)
    return [said_of(here, row) for row in rows]
