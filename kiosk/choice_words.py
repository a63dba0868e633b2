"""The three buttons in plain words: what each is called for this verdict, and what it would do in yuan and points."""

from __future__ import annotations

from typing import Any, Final

from kiosk.pages import points, say, yuan
from kiosk.texts import mark
from ledger.sql import Row, Tx
from settlement.choices import NAMES, Choice, Effect, offered
from settlement.decisions import effect_on
from settlement.dispute_life import VERB_NAMES, Verb
from settlement.verbs import moved_units, verb_of_choice
from settlement.verdicts import Code

_NOT_PAID: Final = mark("Do not pay it")
_PAID_ALL_THE_SAME: Final = mark("Pay it all the same")
_SEEN: Final = mark("Seen; nothing changes")
_POINTS_STAY: Final = mark("Points stay as they are")
_PLAIN: Final[dict[tuple[Code, Choice], str]] = {
    **{
        (code, Choice.PAY_BOOKED): _NOT_PAID
        for code in (Code.X1, Code.X3, Code.X5, Code.S1, Code.S3, Code.T1, Code.A1, Code.A2, Code.A3, Code.A4)
    },
    **{
        (code, Choice.PAY_CLAIMED): _PAID_ALL_THE_SAME
        for code in (Code.X1, Code.X3, Code.S1, Code.S3, Code.A1, Code.A2, Code.A3, Code.A4)
    },
    (Code.X2, Choice.PAY_BOOKED): mark("Pay it"),
    (Code.R5, Choice.PAY_BOOKED): _PAID_ALL_THE_SAME,
    **{(code, Choice.PAY_BOOKED): _SEEN for code in (Code.S2, Code.V4, Code.T3, Code.A6)},
    **{(code, Choice.PAY_BOOKED): _POINTS_STAY for code in (Code.R1, Code.R3, Code.R4)},
    (Code.R2, Choice.PAY_BOOKED): mark("Give no points for it"),
}  # fmt: skip
"""Where "as booked" and "as claimed" say less than what happens."""

_LOOKS: Final = {
    Choice.PAY_BOOKED: "",
    Choice.PAY_CLAIMED: "outline",
    Choice.ASK_SHOP: "secondary outline",
    Choice.CREDIT_LATE: "",
}


def choice_name(code: str, choice: Choice) -> str:
    """What a button is called for a verdict."""
    return say(_PLAIN.get((Code(code), choice), NAMES[choice]))


def decided_name(row: Row) -> str:
    """What was decided about a difference, in the words of the button that was pressed; '' where nothing was."""
    try:
        return choice_name(row.code, Choice(row.decision or ""))
    except ValueError:
        return ""


def verb_name(verb: str) -> str:
    """The bank cards' verb, for whoever knows it from there; '' for none."""
    return say(VERB_NAMES[Verb(verb)]) if verb else ""


def choices_on(tx: Tx, community_id: int, row: Row, precision: int) -> list[dict[str, Any]]:
    """The buttons of a difference, each with what it would do before it is pressed; `precision` of its points."""
    found = []
    for choice in offered(Code(row.code)):
        effect = effect_on(tx, community_id, row, choice)
        verb = verb_of_choice(choice, effect, minus_fen=row.minus_fen)
        found.append(
            {
                "decision": choice.value,
                "name": choice_name(row.code, choice),
                "look": _LOOKS[choice],
                "effect": effect_sentence(choice, effect),
                "points": points_sentence(choice, effect, precision),
                "second_person": effect.second_person,
                "verb": verb_name(verb),
                "fen": effect.payable_fen,
            }
        )
    return found


def effect_sentence(choice: Choice, effect: Effect) -> str:
    """What a decision would do to what the shop is owed."""
    if choice is Choice.ASK_SHOP:
        return say(mark("Nothing is paid yet. The shop sees the question on its page."))
    if effect.payable_fen > 0:
        said = mark("The shop is owed {yuan} yuan more.")
    elif effect.payable_fen < 0:
        said = mark("The shop is owed {yuan} yuan less.")
    else:
        said = mark("What the shop is owed stays as it is.")
    return say(said).format(yuan=yuan(abs(effect.payable_fen)))


def points_sentence(choice: Choice, effect: Effect, precision: int) -> str:
    """What a decision would do to points."""
    units = moved_units(effect)
    if choice is Choice.ASK_SHOP:
        return ""
    if choice is Choice.CREDIT_LATE and not units:
        return say(mark("No points are due: everything was given back since."))
    if not units:
        return say(mark("No points move."))
    said = mark("{points} points the shop took are settled with it.")
    if choice is Choice.CREDIT_LATE:
        said = mark("The customer gets {points} points.")
    if units < 0:
        said = mark("{points} points of a refund are settled with it.")
    return say(said).format(points=points(abs(units), precision))
