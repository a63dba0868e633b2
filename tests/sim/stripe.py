"""A payment channel and bank of a few states, and the bad line that leads to it; shares nothing with the product.

Speaks the Stripe API as the product's client does: form posts, Idempotency-Key with saved answers, lists, webhooks.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import requests

from tests.sim.machine import DAY, HOUR, MS, SECOND, Machine, Promise

SECRET = "whsec_sim"  # noqa: S105 - of this made-up channel
Thing = dict[str, Any]
Reply = tuple[int, Thing]


class Troubles(NamedTuple):
    """How often, in thousandths of all requests: on the line, and at the channel itself."""

    lost_request: int = 0
    late_request: int = 0
    lost_answer: int = 0
    broken: int = 0
    declined: int = 0
    slow: int = 0
    returned: int = 0


class Channel:
    """What the channel knows. `hook` is told each event's body and header."""

    def __init__(self, machine: Machine) -> None:
        """An empty channel."""
        self.machine = machine
        self.troubles = Troubles()
        self.things: dict[str, Thing] = {}
        self.saved: dict[str, tuple[str, Reply]] = {}
        self.hook: Callable[[bytes, str], None] = lambda _body, _header: None
        self.returned: list[str] = []

    # --- what the judge asks

    def of_kind(self, kind: str) -> list[Thing]:
        """Everything of one kind, in the order it was made."""
        return [thing for thing in self.things.values() if thing["object"] == kind]

    # --- requests

    def answer(self, method: str, path: str, form: dict[str, str], key: str | None) -> Reply:
        """One request that arrived."""
        if method == "GET":
            return self._look(path, form)
        said = json.dumps([path, sorted(form.items())])
        if key is not None and key in self.saved:
            known, reply = self.saved[key]
            if known != said:
                return 400, {"error": {"type": "idempotency_error"}}
            return reply
        reply = self._act(path, form)
        if key is not None and reply[0] in {200, 402}:
            self.saved[key] = (said, reply)
        return reply

    def _look(self, path: str, form: dict[str, str]) -> Reply:
        collection, _, name = path.removeprefix("/v1/").partition("/")
        if name:
            found = self.things.get(name)
            return (
                (404, {"error": {"code": "resource_missing"}})
                if found is None
                else (200, dict(found))
            )
        kind = {"payment_intents": "payment_intent", "refunds": "refund", "payouts": "payout"}[
            collection
        ]
        listed = [dict(t) for t in reversed(self.of_kind(kind)) if _fits(t, form)]
        return 200, {"data": listed, "has_more": False}

    def _act(self, path: str, form: dict[str, str]) -> Reply:
        match path.removeprefix("/v1/").split("/"):
            case ["payment_intents"]:
                return self._charge(form)
            case ["payment_intents", name, "cancel"]:
                return self._cancel(self.things[name])
            case ["refunds"]:
                return self._refund(form)
            case ["payouts"]:
                return self._payout(form)
            case _:
                return 404, {"error": {"code": "resource_missing"}}

    def _charge(self, form: dict[str, str]) -> Reply:
        made = self._make("payment_intent", "pi", form)
        if self._drawn("declined"):
            made["status"], made["last_payment_error"] = (
                "requires_payment_method",
                {"code": "card_declined"},
            )
            return 402, {"error": {"code": "card_declined", "payment_intent": dict(made)}}
        if self._drawn("slow"):
            made["status"] = "processing"
            self._later(
                made,
                self.machine.chance.choice(("succeeded", "succeeded", "canceled")),
                300 * SECOND,
            )
        else:
            made["status"] = "succeeded"
            self._tell(made)
        return 200, dict(made)

    def _cancel(self, thing: Thing) -> Reply:
        if thing["status"] == "succeeded":
            return 400, {"error": {"code": "payment_intent_unexpected_state"}}
        thing["status"] = "canceled"
        return 200, dict(thing)

    def _refund(self, form: dict[str, str]) -> Reply:
        intent = self.things[form["payment_intent"]]
        given = sum(
            t["amount"]
            for t in self.of_kind("refund")
            if t["payment_intent"] == intent["id"] and t["status"] != "failed"
        )
        if intent["status"] != "succeeded" or given + int(form["amount"]) > intent["amount"]:
            return 400, {"error": {"code": "amount_too_large"}}
        made = self._make("refund", "re", form)
        made["payment_intent"] = intent["id"]
        if self._drawn("declined"):
            made["status"], made["failure_reason"] = "failed", "declined"
        elif self._drawn("slow"):
            made["status"] = "pending"
            self._later(
                made, self.machine.chance.choice(("succeeded", "succeeded", "failed")), 300 * SECOND
            )
        else:
            made["status"] = "succeeded"
        return 200, dict(made)

    def _payout(self, form: dict[str, str]) -> Reply:
        made = self._make("payout", "po", form)
        if self._drawn("declined"):
            made["status"], made["failure_code"] = "failed", "account_closed"
        elif self._drawn("slow"):
            made["status"] = "in_transit"
            self._later(made, self.machine.chance.choice(("paid", "paid", "failed")), 12 * HOUR)
        else:
            made["status"] = "paid"
            if self._drawn("returned"):
                self.machine.after(2 * DAY, lambda: self._return(made))
        return 200, dict(made)

    def _return(self, payout: Thing) -> None:
        payout["status"] = "failed"
        self.returned.append(payout["metadata"]["payout_id"])

    def _make(self, kind: str, prefix: str, form: dict[str, str]) -> Thing:
        marks = {k[9:-1]: v for k, v in form.items() if k.startswith("metadata[")}
        made: Thing = {
            "id": f"{prefix}_{len(self.things) + 1}",
            "object": kind,
            "amount": int(form["amount"]),
            "currency": "cny",
            "metadata": marks,
            "created": self.machine.now // SECOND,
        }
        self.things[made["id"]] = made
        return made

    def _drawn(self, trouble: str) -> bool:
        often: int = getattr(self.troubles, trouble)
        return self.machine.chance.randrange(1000) < often

    def _later(self, thing: Thing, status: str, within: int) -> None:
        def end() -> None:
            if thing["status"] in {"processing", "pending", "in_transit"}:
                thing["status"] = status
                self._tell(thing)

        self.machine.after(self.machine.chance.randint(SECOND, within), end)

    def _tell(self, thing: Thing) -> None:
        body = json.dumps(
            {
                "id": f"evt_{thing['id']}_{thing['status']}",
                "type": f"{thing['object']}.updated",
                "created": self.machine.now // SECOND,
                "data": {"object": thing},
            }
        ).encode()
        signed = self.machine.now // SECOND
        code = hmac.new(SECRET.encode(), f"{signed}.".encode() + body, hashlib.sha256).hexdigest()
        self.hook(body, f"t={signed},v1={code}")


def _fits(thing: Thing, form: dict[str, str]) -> bool:
    least, most = int(form.get("created[gte]", 0)), int(form.get("created[lte]", 2**60))
    wanted = form.get("payment_intent", thing.get("payment_intent"))
    in_time = least <= int(thing["created"]) <= most
    return in_time and str(thing.get("payment_intent")) == str(wanted)


class Answer:
    """What the product's client reads."""

    def __init__(self, status: int, body: Thing | None) -> None:
        """No body: something no JSON reader takes."""
        self.status_code = status
        self._body = body

    def json(self) -> Thing:
        """The body."""
        if self._body is None:
            raise requests.JSONDecodeError("unreadable", "", 0)
        return self._body


class Line:
    """Between servers and channel: requests and answers get lost, come late, come broken."""

    def __init__(self, machine: Machine, channel: Channel) -> None:
        """A line to `channel`."""
        self.machine = machine
        self.channel = channel
        self._broken_until = 0
        self._breaks_by = "lost_answer"

    def break_for(self, seconds: int, way: str = "") -> None:
        """For a while no answer comes back, or nothing arrives, or all of it much later."""
        self._broken_until = self.machine.now + seconds * SECOND
        ways = ("lost_answer", "lost_answer", "lost_request", "late_request")
        self._breaks_by = way or self.machine.chance.choice(ways)
        self.machine.note(f"the channel's line is broken for {seconds} s")

    def send(self, method: str, url: str, told: dict[str, Any]) -> Promise:
        """Send; the promise is kept with what came of it."""
        promise, chance = Promise(), self.machine.chance
        path = url.removeprefix("sim:")
        form = dict(told["data"] if method == "POST" else told["params"])
        key = told["headers"].get("Idempotency-Key")
        travel = chance.randint(5, 200) * MS
        timeout = 10 * SECOND

        def arrive(then: Callable[[Reply], None]) -> None:
            self.machine.after(travel, lambda: then(self.channel.answer(method, path, form, key)))

        def say(found: Any, delay: int) -> None:
            self.machine.after(delay, lambda: promise.keep(found))

        trouble = self._trouble()
        if trouble:
            self.machine.note(f"channel {method} {path}: {trouble}")
        match trouble:
            case "":
                arrive(lambda reply: say(reply, travel))
            case "lost_request":
                say("timeout", timeout)
            case "late_request":
                broken = self.machine.now < self._broken_until
                travel = (400 if broken else chance.randint(15, 100)) * SECOND
                arrive(lambda _reply: None)
                say("timeout", timeout)
            case "lost_answer":
                arrive(lambda _reply: None)
                say("timeout", timeout)
            case _:
                self._break(arrive, say, travel)
        return promise

    def _trouble(self) -> str:
        """What goes wrong with the next request; an empty word for nothing."""
        if self.machine.now < self._broken_until:
            return self._breaks_by
        drawn = self.machine.chance.randrange(1000)
        for trouble in ("lost_request", "late_request", "lost_answer", "broken"):
            drawn -= getattr(self.channel.troubles, trouble)
            if drawn < 0:
                return trouble
        return ""

    def _break(self, arrive: Any, say: Any, travel: int) -> None:
        chance = self.machine.chance
        match chance.choice(("before", "after", "unreadable", "contradictory")):
            case "before":
                say((500, {"error": {}}), travel)
            case "after":
                arrive(lambda _reply: say((500, {"error": {}}), travel))
            case "unreadable":
                arrive(lambda reply: say((reply[0], None), travel))
            case _:
                # Another object's answer, as a mixed-up proxy gives it.
                arrive(lambda reply: say((reply[0], _altered(reply[1])), travel))

    def read(self, found: Any) -> Answer:
        """What the client's library makes of it."""
        if found == "timeout":
            raise requests.Timeout
        status, body = found
        return Answer(status, body)


def _altered(body: Thing) -> Thing:
    return {**body, "amount": body["amount"] + 1} if "amount" in body else body
