"""The bank cards' verbs for what is done with a night's difference: pure, from what was chosen and what it moves."""

from __future__ import annotations

from settlement.choices import Choice, Effect
from settlement.dispute_life import Verb


def verb_of_choice(choice: Choice, effect: Effect, *, minus_fen: int) -> Verb:
    """The verb of a decision; `minus_fen`: what the shop had claimed beyond the book.

    A question is an inquiry. The shop gets more: its claim is met. It gives back: a credit adjustment. What it
    claimed is not paid: a refusal. Nothing of this kind: a ruling, written down and without money.
    """
    if choice is Choice.ASK_SHOP:
        return Verb.INQUIRE
    if effect.payable_fen > 0:
        return Verb.CLAIM_MORE
    if effect.payable_fen < 0:
        return Verb.GIVE_BACK
    return Verb.REFUSE if minus_fen > 0 else Verb.RULE


def moved_units(effect: Effect) -> int:
    """Points (units) that leave a shop's offsets with a decision, below zero where they come back; or a buyer gets."""
    return effect.settle_units + effect.retire_units - effect.back_units + effect.earn_units
