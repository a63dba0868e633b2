"""Selling without network, as a till is told it at each sync: its limits, the cards that are not good, what waits."""

from __future__ import annotations

from typing import Annotated, Any

from flask_openapi import APIBlueprint
from pydantic import Field

from kiosk.api.here import Till, till
from kiosk.api.types import Counter, Strict, day_text, moment_text
from kiosk.auth import allow
from kiosk.context import service
from kiosk.offline_words import notices_for
from ledger.book.steps import apply
from ledger.errors import Refusal
from ledger.members.device_keys import to_base64url
from ledger.members.terms import Terms
from ledger.offline import cards, waiting
from ledger.offline.policy import CLASSES, write_policy
from ledger.offline.shops import policy_for
from ledger.recovery.epochs import find_open
from ledger.sql import Tx
from pos.desk import day_of, rules_on
from pos.offline.lists import heard_step

bp = APIBlueprint("offline", __name__, url_prefix="/api/v1/till")


class OfflineBody(Strict):
    """On a sale decided without the server: the policy the till was told, word for word; '' where it never had one."""

    policy: Annotated[str, Field(max_length=800)]


class CardsQuery(Strict):
    """The version of the list the till has."""

    version: Annotated[str, Field(max_length=40)] = ""


class WaitingBody(Strict):
    """Of the till's own numbers: whose entries wait, which were refused or given back, and the last given out."""

    waiting: Annotated[list[Counter], Field(max_length=20_000)]
    unused: Annotated[list[Counter], Field(max_length=20_000)]
    last_counter: Annotated[int, Field(ge=0, le=99_999)]


class ToldBody(Strict):
    """Which notices the holder was told of, by the requests they are about."""

    request_ids: Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=50)]


@bp.get("/cards")
@allow("till.read")
def card_list(query: CardsQuery) -> dict[str, Any]:
    """The signed list of cards that are not good; null where the till's own is still right and not half its life old.

    Refuses token_no_signing_key.
    """
    here, now = till(), service().now()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    with service().db.read() as tx:
        found = cards.standing(tx, here.community_id)
        signed = cards.signed_list(
            tx,
            service().vault,
            here.community_id,
            found,
            hours=terms.settings.offline_hours,
            at=now,
        )
    return {
        "version": found.version,
        "is_new": found.version != query.version,
        "made_at": moment_text(now, terms.community.zone),
        "cwt": to_base64url(signed),
    }


@bp.post("/waiting")
@allow("till.read", revoked=True)
def say_waiting(body: WaitingBody) -> dict[str, Any]:
    """Keep what the till says still waits, and answer which numbers up to its last the server has nothing under."""
    here, now = till(), service().now()

    def work(tx: Tx) -> waiting.Standing:
        said = waiting.Said(body.waiting, body.unused, body.last_counter)
        return waiting.say(tx, here.community_id, here.terminal_id, said, at=now)

    found = service().db.write(work)
    return {"missing": found.missing, "waiting": found.waiting}


@bp.post("/told")
@allow("sale.make", "redeem.make", "kiosk.use")
def note_told(body: ToldBody) -> dict[str, Any]:
    """A holder has read how a sale without network ended.

    Each is named by its sale's own request id, so that told again, or told elsewhere first, it counts once.
    """
    here, now = till(), service().now()
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    where = terms.terminal(here.terminal_id).kind

    def work(tx: Tx) -> None:
        steps = [
            heard_step(here.community_id, key, where=where, at=now) for key in body.request_ids
        ]
        apply(tx, steps)

    service().db.write(work)
    return {"told": True}


def notices_of(here: Till, person_id: int) -> list[dict[str, str]]:
    """What the clerk is to tell this holder, for the screen alone; a loudspeaker never says it."""
    terms = service().desk.terms_with(here.community_id, here.terminal_id)
    with service().db.read() as tx:
        return notices_for(tx, terms, person_id)


def offline_of(tx: Tx, here: Till, terms: Terms, *, at: int) -> dict[str, Any]:
    """What the till may do without network from now on; amounts in units and fen, spending off unless decided."""
    day, zone = day_of(terms, at), terms.community.zone
    told = policy_for(
        tx,
        terms,
        here.terminal_id,
        day=day,
        at=at,
        recovering=find_open(tx, here.community_id) is not None,
    )
    policy = told.policy
    per_fen = _units_per_fen(terms, day)
    return {
        "policy": write_policy(policy, service().desk.offline_key),
        "issued_at": moment_text(policy.issued_at, zone),
        "valid_until": moment_text(policy.valid_until, zone),
        "day": day_text(day),
        "spending": policy.spends,
        "why_not": told.why_not or None,
        "terminal_units": policy.terminal_units,
        "left_units": told.left_units,
        "left_fen": told.left_units // per_fen,
        "card_units": policy.card_units,
        "sale_units": policy.sale_units,
        "sale_fen": policy.sale_units // per_fen,
        "spare_units": policy.spare_units,
        "classes": list(CLASSES),
        "cards_version": cards.standing(tx, here.community_id).version,
        "cards_ttl_s": cards.TTL_S,
    }


def _units_per_fen(terms: Terms, day: int) -> int:
    try:
        return rules_on(terms, day).units_per_fen
    except (LookupError, Refusal):
        return 1
