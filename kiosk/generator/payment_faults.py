"""What goes wrong between a till and a payment channel: no payment, cash keyed in, money back without the till."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kiosk.generator.shapes import GoodsBack, Purchase, Shop
from kiosk.generator.streams import Streams

BILLED: Final = frozenset({"bill", "acquirer"})
"""Proofs of shops that send the bills of their payment channels."""

# Chances for one purchase at a shop that sends bills; the model of the town names none, so they are ours.
_NOT_PAID, _KEYED_AS_CASH, _BACK_ALONE = 0.003, 0.003, 0.003
_LEAST_GAP_S, _MOST_GAP_S = 600, 3 * 86_400


def spoil_payments(
    purchases: Sequence[Purchase],
    refunds: Iterable[GoodsBack],
    shops: Iterable[Shop],
    streams: Streams,
) -> list[Purchase]:
    """The same purchases, few of them with a fault of their payment; one fault each."""
    billed = {shop.code for shop in shops if shop.proof in BILLED}
    # A receipt keyed in twice, a wrong amount or goods brought back leave a fault of their own in the bill.
    taken = {back.purchase for back in refunds} | {p.again_of for p in purchases}
    chance = streams.stream("payment faults")
    spoiled = []
    for bought in purchases:
        draw, gap = chance.random(), chance.randrange(_LEAST_GAP_S, _MOST_GAP_S)
        plain = (
            bought.shop in billed
            and bought.number not in taken
            and bought.again_of is None
            and bought.channel not in {"cash", "card"}
            and bought.typed_fen == bought.total_fen
        )
        spoiled.append(_spoiled(bought, draw, gap) if plain else bought)
    return spoiled


def _spoiled(bought: Purchase, draw: float, gap: int) -> Purchase:
    if draw < _NOT_PAID:
        return bought._replace(pays=False)
    if draw < _NOT_PAID + _KEYED_AS_CASH:
        return bought._replace(rung_as="cash", payment_ref=None, wish_points=0)
    if draw < _NOT_PAID + _KEYED_AS_CASH + _BACK_ALONE and bought.payment_ref is not None:
        return bought._replace(back_fen=bought.total_fen, back_after_s=gap)
    return bought
