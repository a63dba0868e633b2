"""Which of a resident's cards the codes of their page hang on."""

from __future__ import annotations

from ledger.errors import Refusal
from ledger.members import cards
from ledger.sql import Tx


def own_serial(tx: Tx, community_id: int, person_id: int) -> int:
    """The card a phone's code hangs on: one for phones, else any card in use.

    Refusals: card_none.
    """
    own = [card for card in cards.cards_of(tx, community_id, person_id) if card.state == "active"]
    if not own:
        raise Refusal("card_none")
    return min(own, key=lambda card: (card.kind != "phone", card.serial)).serial
