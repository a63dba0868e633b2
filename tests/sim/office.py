"""The community's office: grants, money in, lost cards, agreements, decisions; and the jobs of the timetable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from ledger.audit import By
from ledger.book.fund import add_to_fund, grant
from ledger.earning.calendar import day_from_key, day_key
from ledger.earning.working_days import working_days_cn
from ledger.errors import Refusal
from ledger.members import agreements, cards, settings, terminals
from ledger.seal.sealer import seal
from ledger.sql import Tx
from pos.channel_events import receive
from pos.desk import Desk, day_of
from pos.proof import vest_overdue
from pos.recovery import recover
from settlement.choices import Choice
from settlement.decisions import Press, approve, decide
from settlement.discrepancies import buttons, open_discrepancies
from settlement.night import run_night
from tests.sim.machine import SECOND, Actor
from tests.sim.stripe import SECRET
from tests.sim.till import Street
from tests.sim.town import HOUSEHOLD, day_at
from tests.sim.witness import Ask
from tests.support.town import CIVIC, HERE

ZHOU, CHIEF = By("staff", 11), By("staff", 12)


def anybody(_tx: Tx, _row: Any) -> None:
    """No conflict of interest."""


@dataclass
class Office:
    """People at desks; each act is a request like a till's, lost and sent again like a till's."""

    street: Street
    name: str = "office"

    def work(self, acts: int, gap: tuple[int, int]) -> Actor:
        """So many acts, with pauses of `gap` seconds between."""
        chance = self.street.machine.chance
        for _ in range(acts):
            yield chance.randint(*gap) * SECOND
            [act] = chance.choices(
                (
                    self.give,
                    self.top_up,
                    self.lose_card,
                    self.revoke,
                    self.change_settings,
                    self.seal,
                    self.recover,
                ),
                (3, 1, 1, 1, 1, 3, 3),
            )
            yield from act()

    def _ask(
        self, kind: str, job: Callable[[Desk, int], Any], tries: int = 4, **facts: Any
    ) -> Actor:
        ask = Ask(kind, self.street.request_id(), job, facts)
        yield from self.street.network.persist(
            self.name, self.street.network.witness.note(ask), tries
        )

    # --- people and money

    def give(self) -> Actor:
        """Points by hand."""
        owner = self.street.machine.chance.choice(sorted(set(HOUSEHOLD.values())))
        units = self.street.machine.chance.randint(1, 30) * 1_000
        job = partial(_grant, owner, units, self.street.request_id())
        yield from self._ask("grant", job, owner=owner, units=units)

    def top_up(self) -> Actor:
        """Yuan into the fund."""
        fen = self.street.machine.chance.randint(1, 50) * 1_000
        yield from self._ask("fund", partial(_fund, fen, self.street.request_id()), fen=fen)

    def lose_card(self) -> Actor:
        """A card is reported lost; every code that hangs on it is dead from then on."""
        serial = self.street.machine.chance.randint(3, len(HOUSEHOLD))
        yield from self._ask("card_lost", partial(_lose, serial), serial=serial)

    def revoke(self) -> Actor:
        """A tablet is taken out of service."""
        terminal_id, code, _ = self.street.town.tills[1]
        yield from self._ask("revoked", partial(_revoke, terminal_id), till=code)

    def change_settings(self) -> Actor:
        """A setting changes: every server reads its terms anew."""
        yield from self._ask(
            "settings", partial(_set, self.street.machine.chance.randint(4_000, 6_000)), fresh=True
        )

    def sign(self, shop: int, day: int, roles: frozenset[str]) -> Actor:
        """A shop's agreement changes from a day on."""
        yield from self._ask(
            "agreement", partial(_sign, shop, day, roles), shop=shop, day=day, roles=roles
        )

    # --- the timetable

    def seal(self) -> Actor:
        """The sealer gives places to what waits."""
        yield from self._ask("seal", _seal, 1, fresh=True)

    def recover(self) -> Actor:
        """`jifen recover`."""
        yield from self._ask("recover", _recover, 1, fresh=True)

    def recover_often(self, times: int) -> Actor:
        """`jifen recover` by the clock, every hundred seconds."""
        for _ in range(times):
            yield 100 * SECOND
            yield from self.recover()

    def night(self, day: int, *, tries: int, workers: int = 1) -> Actor:
        """`jifen night`, started again until the day is locked; perhaps by two at once."""
        for _ in range(workers - 1):
            self.street.machine.follow(
                self._ask("night", partial(_night, day), 2, day=day, fresh=True)
            )
        for _ in range(tries):
            ask = Ask(
                "night",
                f"night {day}",
                partial(_night, day),
                {"day": day, "fresh": True, "label": day},
            )
            self.street.network.witness.note(ask)
            yield from self.street.network.persist(self.name, ask, 1)
            if ask.done and ask.body["state"] == "locked":
                return
            yield 30 * SECOND

    def hook(self, body: bytes, header: str) -> None:
        """The channel's webhooks come to any server, perhaps twice."""
        ask = Ask("webhook", header, partial(_webhook, body, header), {"fresh": True})
        self.street.network.witness.note(ask)
        self.street.network.ask("channel", ask)

    # --- differences

    def decide_some(self, most: int, *, everything: bool = False) -> Actor:
        """Work on open discrepancies; now and then two people press at one moment."""
        chance = self.street.machine.chance
        listed = Ask("list", self.street.request_id(), _list, {"fresh": True})
        yield from self.street.network.persist(self.name, listed, 3)
        for row in (listed.body if listed.final else [])[:most]:
            choices = row["buttons"]
            if row["state"] == "proposed":
                yield from self._press("approve", row, row["decision"], CHIEF)
            elif choices and row["code"] != "C2" and (everything or chance.randrange(3)):
                choice = chance.choice([c for c in choices if c != "ask_shop"])
                if self.street.drawn(300):
                    self.street.machine.follow(self._press("decide", row, choice, CHIEF))
                yield from self._press("decide", row, choice, ZHOU)

    def _press(self, kind: str, row: dict[str, Any], choice: str, by: By) -> Actor:
        request_id = self.street.request_id()
        press = Press(HERE, row["no"], Choice(choice), by, "seen", request_id)
        act = decide if kind == "decide" else approve
        ask = Ask(
            kind,
            request_id,
            partial(_pressed, act, press),
            {**row, "choice": choice, "label": row["code"]},
        )
        yield from self.street.network.persist(self.name, self.street.network.witness.note(ask), 4)


# --- what the servers do


def _grant(owner: int, units: int, request_id: str, desk: Desk, at: int) -> dict[str, Any]:
    day = day_at(at)
    return grant(desk.db, HERE, owner, CIVIC, units, request_id=request_id, by=11, at=at, business_date=day,
                 reason="sim")  # fmt: skip


def _fund(fen: int, request_id: str, desk: Desk, at: int) -> dict[str, Any]:
    return add_to_fund(desk.db, HERE, fen, request_id=request_id, by=11, at=at, business_date=day_at(at),
                       reason="sim")  # fmt: skip


def _lose(serial: int, desk: Desk, at: int) -> str:
    def work(tx: Tx) -> str:
        if cards.get_card(tx, HERE, serial).state == "active":
            cards.set_state(tx, HERE, serial, "lost", by=ZHOU, at=at)
        return "lost"

    return desk.db.write(work)


def _revoke(terminal_id: int, desk: Desk, at: int) -> str:
    desk.db.write(lambda tx: terminals.revoke(tx, HERE, terminal_id, by=ZHOU, at=at))
    return "revoked"


def _set(tranche: int, desk: Desk, at: int) -> str:
    desk.db.write(
        lambda tx: settings.change(
            tx, HERE, {"cover_tranche_fen": tranche}, by=ZHOU, why="sim", at=at
        )
    )
    return "set"


def _sign(shop: int, day: int, roles: frozenset[str], desk: Desk, at: int) -> str:
    def work(tx: Tx) -> str:
        last = agreements.agreements_of(tx, HERE, shop)[-1]
        if last.effective_from < day:
            new = agreements.Agreement(
                shop, day, None, f"B{shop}", roles, "bill", 1, last.allowance_day_fen
            )
            agreements.sign_agreement(tx, HERE, new, by=ZHOU, at=at)
        return "signed"

    return desk.db.write(work)


def _seal(desk: Desk, _at: int) -> int:
    return seal(desk.db, HERE)


def _recover(desk: Desk, at: int) -> dict[str, int]:
    return dict(recover(desk, HERE, at=at))


def _night(day: int, desk: Desk, at: int) -> dict[str, Any]:
    recover(desk, HERE, at=at)
    vest_overdue(desk, HERE, working_days_cn(), at=at)
    result = run_night(desk.db, HERE, day, at=at)
    return {"state": result.state, "digest": result.digest}


def _webhook(body: bytes, header: str, desk: Desk, at: int) -> str:
    try:
        event = receive(desk.db, body, header, [SECRET], at=at)
    except Refusal as refusal:
        if refusal.code == "webhook_repeated":
            return "before"
        raise
    if event.community_id:
        recover(desk, event.community_id, at=at)
    return "now"


def _list(desk: Desk, _at: int) -> list[dict[str, Any]]:
    with desk.db.read() as tx:
        return [
            {
                "no": row.discrepancy_no,
                "code": row.code,
                "shop": row.claimant_id,
                "terminal": row.terminal_id,
                "ref": row.ref,
                "day": row.business_date,
                "batch": row.claimed_batch,
                "line": row.claimed_line,
                "state": row.state,
                "decision": row.decision,
                "buttons": [choice.value for choice in buttons(row)],
            }
            for row in open_discrepancies(tx, HERE)
        ]


def _pressed(act: Any, press: Press, desk: Desk, at: int) -> dict[str, Any]:
    answer: dict[str, Any] = act(desk.db, press, may_decide=anybody, at=at)
    return answer


def later_day(day: int, days: int) -> int:
    """A date some days after a date."""
    return day_key(day_from_key(day) + timedelta(days=days))


def today(desk: Desk, at: int) -> int:
    """The community's date."""
    return day_of(desk.terms_of(HERE), at)
