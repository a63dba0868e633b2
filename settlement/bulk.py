"""Many differences decided at one press: each under its own number, with its own entry, whatever the others do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.database import Database
from ledger.errors import Refusal
from settlement.decisions import MayDecide, Press, approve, decide

MOST: Final = 100
"""Rows one press takes."""

Act = Callable[..., dict[str, Any]]


class Outcome(NamedTuple):
    """What became of one row: its state and what it adds (signed fen), or the rule that said no."""

    discrepancy_no: int
    state: str = ""
    posted_fen: int = 0
    refusal: Refusal | None = None


def do_each(
    db: Database,
    presses: Sequence[Press],
    *,
    second: bool,
    may_decide: MayDecide,
    at: int,
    after_each: Callable[[int], None] = lambda _no: None,
) -> list[Outcome]:
    """Decide each of these, or agree to each as the second person; sent again, each gives its first answer.

    One that a rule stops does not stop the others. Refuses: queue_none, queue_too_many.
    """
    if not presses:
        raise Refusal("queue_none")
    if len(presses) > MOST:
        raise Refusal("queue_too_many", most=MOST)
    act: Act = approve if second else decide
    done: list[Outcome] = []
    for press in presses:
        try:
            said: Mapping[str, Any] = act(db, press, may_decide=may_decide, at=at)
            made = Outcome(press.discrepancy_no, str(said["state"]), int(said["posted_fen"]))
        except Refusal as refusal:
            made = Outcome(press.discrepancy_no, refusal=refusal)
        done.append(made)
        after_each(press.discrepancy_no)
    return done
