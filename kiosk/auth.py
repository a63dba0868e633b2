"""Who is asking, and whether they may: settled before a view runs, denied unless a view says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from flask import Flask, g, request

from kiosk import device_proof
from kiosk.clerk_tokens import read_token
from kiosk.context import service
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members import residents, sessions, staff
from ledger.members.merchants import get_merchant
from ledger.members.roles import ANYONE, PERMISSIONS, ROLES, STAFF_ROLES, may
from ledger.members.terminals import Terminal
from ledger.members.terms import Terms
from ledger.sql import Tx

COOKIES: Final[Mapping[str, str]] = {
    "staff": "jifen_staff",
    "resident": "jifen_resident",
    "merchant": "jifen_merchant",
}
"""One cookie for each kind of person, so that a shop owner can look at their own points too."""

CLERK_HEADER: Final = "Jifen-Clerk"
CLERK_SECRET: Final = "clerk tokens"  # noqa: S105 - a purpose, not a secret
BEARER: Final = "Bearer "
"""Before the key of a shop's own system (RFC 6750)."""
OPEN_ENDPOINTS: Final = frozenset({"static"})

_MARK: Final = "jifen_allowed"
_SYSTEM_ROLE: Final = "merchant_system"
_DEVICE_ROLES: Final = ("terminal", "kiosk", "clerk", "counter_clerk")
_ROLES_BY_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    "staff": STAFF_ROLES,
    "resident": ("resident",),
    "merchant": ("merchant",),
}

View = TypeVar("View", bound=Callable[..., object])


class Allowed(NamedTuple):
    """What a view asks of its caller."""

    permissions: tuple[str, ...]
    rechecked: bool
    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is asking: `id` is a person, a member of staff, a clerk or a terminal, by `kind`."""

    kind: str
    community_id: int
    id: int
    roles: frozenset[str]
    merchant_id: int | None = None
    branch_id: int | None = None
    terminal_id: int | None = None
    clerk_id: int | None = None

    @property
    def by(self) -> By:
        """How the record of acts names this actor."""
        device = "" if self.terminal_id is None else f"terminal:{self.terminal_id}"
        return By(self.kind, self.id, device)

    def may(self, permission: str) -> bool:
        """Whether one of the actor's roles carries the permission."""
        return may(self.roles, permission)


def allow(
    *permissions: str, rechecked: bool = False, revoked: bool = False
) -> Callable[[View], View]:
    """Let callers with one of `permissions` reach a view; without this mark nobody does.

    `rechecked`: the view's own transaction looks at the terminal's state again, so that a till's
    call costs no reading of its own here. `revoked`: a terminal that was taken out of service may
    come too, with the key it had: it is heard as a witness.
    """
    unknown = [word for word in permissions if word != ANYONE and word not in PERMISSIONS]
    if unknown or not permissions:
        raise ValueError(f"no such permission: {unknown}")

    def mark(view: View) -> View:
        setattr(view, _MARK, Allowed(permissions, rechecked, revoked))
        return view

    return mark


def allowed_by(view: Callable[..., object]) -> Allowed | None:
    """What `allow` said of a view, or None where nobody said anything."""
    found: Allowed | None = getattr(view, _MARK, None)
    return found


def check_every_route_is_marked(app: Flask) -> None:
    """Stop the start of an app that has a route nobody thought about."""
    missing = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in OPEN_ENDPOINTS
        and allowed_by(app.view_functions[rule.endpoint]) is None
    ]
    if missing:
        raise RuntimeError(f"routes without @allow: {missing}")


def actor() -> Actor:
    """Who is asking; a bug (LookupError) in a view that anyone may reach."""
    found: Actor | None = g.get("actor")
    if found is None:
        raise LookupError("this view is open to anyone, so nobody is known here")
    return found


def find_actor() -> Actor | None:
    """Who is asking, None in a view that anyone may reach."""
    found: Actor | None = g.get("actor")
    return found


def terms() -> Terms:
    """The terms of the actor's community."""
    found: Terms | None = g.get("terms")
    if found is None:
        found = _latest_terms(actor().community_id)
        g.terms = found
    return found


def point_decimals(refusal: Refusal) -> int:
    """How many decimals the points in a refusal's facts have: as the community's own points, two for nobody's."""
    if find_actor() is None or not any(name.endswith("_units") for name in refusal.facts):
        return 2
    return terms().shown.precision


def authorise(view: Callable[..., object]) -> None:
    """Settle who is asking for `view` and refuse whoever may not have it.

    Refusals: not_allowed, not_signed_in, session_ended, clerk_needed, clerk_token_bad, and a
    device's: proof_missing, proof_bad, proof_clock, terminal_waiting, terminal_revoked.
    """
    allowed = allowed_by(view)
    if allowed is None:
        raise Refusal("not_allowed")
    if ANYONE in allowed.permissions:
        return
    found = _identify(allowed)
    g.actor = found
    if any(found.may(permission) for permission in allowed.permissions):
        return
    if (
        "terminal" in found.roles
        and found.kind == "terminal"
        and _fits(allowed.permissions, ("clerk", "counter_clerk"))
    ):
        raise Refusal("clerk_needed")
    raise Refusal("not_allowed")


def _identify(allowed: Allowed) -> Actor:
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith(BEARER) or _fits(allowed.permissions, (_SYSTEM_ROLE,)):
        return _system_actor(authorization)
    is_device = authorization.startswith(device_proof.SCHEME)
    kinds = [kind for kind, roles in _ROLES_BY_KIND.items() if _fits(allowed.permissions, roles)]
    if is_device or not kinds:
        return _device_actor(authorization, allowed)
    return _person_actor(kinds, allowed.permissions)


def _fits(permissions: Iterable[str], roles: Iterable[str]) -> bool:
    return any(permission in ROLES[role] for permission in permissions for role in roles)


# --- tills and clerks


def _device_actor(authorization: str, allowed: Allowed) -> Actor:
    proof = device_proof.read_proof(authorization)
    found, terminal = _known_terminal(proof, allowed)
    query = request.query_string.decode()
    device_proof.check_fits(
        proof,
        method=request.method,
        target=f"{request.path}?{query}" if query else request.path,
        body=request.get_data(cache=True),
        now_s=service().now() // SECOND_US,
    )
    g.terms = found
    return _clerk_actor(found, terminal)


def _known_terminal(proof: device_proof.Proof, allowed: Allowed) -> tuple[Terms, Terminal]:
    """The terminal that signed; kept terms are enough only where a fresh look would say the same."""
    kept = service().terms.find(proof.community_id) if allowed.rechecked else None
    if kept is not None:
        terminal = kept.terminals.get(proof.terminal_id)
        if terminal is not None and _refusal_of(terminal, proof) is None:
            return kept, terminal
    fresh = _latest_terms(proof.community_id)
    terminal = fresh.terminal(proof.terminal_id)
    refusal = _refusal_of(terminal, proof)
    if refusal is not None and not (allowed.revoked and refusal == "terminal_revoked"):
        raise Refusal(refusal)
    return fresh, terminal


def _refusal_of(terminal: Terminal, proof: device_proof.Proof) -> str | None:
    if terminal.public_jwk is None:
        return "terminal_waiting"
    if not device_proof.is_signed_by(proof, terminal.public_jwk):
        return "proof_bad"
    return "terminal_revoked" if terminal.state == "revoked" else None


def _clerk_actor(found: Terms, terminal: Terminal) -> Actor:
    community_id = found.community.id
    text = request.headers.get(CLERK_HEADER, "")
    # At a screen for residents nobody is a clerk, whatever token is shown to it.
    if not text or terminal.kind == "kiosk":
        return Actor(
            kind="terminal",
            community_id=community_id,
            id=terminal.terminal_id,
            roles=frozenset({"kiosk" if terminal.kind == "kiosk" else "terminal"}),
            merchant_id=terminal.merchant_id,
            branch_id=terminal.branch_id,
            terminal_id=terminal.terminal_id,
        )
    token = read_token(
        text,
        service().clerk_secret,
        community_id=community_id,
        terminal_id=terminal.terminal_id,
        at=service().now(),
    )
    clerk = found.clerks.get(token.clerk_id)
    if clerk is None or clerk.state != "active" or clerk.merchant_id != terminal.merchant_id:
        raise Refusal("clerk_token_bad")
    role = "counter_clerk" if terminal.kind == "counter" else "clerk"
    return Actor(
        kind="clerk",
        community_id=community_id,
        id=clerk.clerk_id,
        roles=frozenset({"terminal", role}),
        merchant_id=terminal.merchant_id,
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        clerk_id=clerk.clerk_id,
    )


def _latest_terms(community_id: int) -> Terms:
    with service().db.read() as tx:
        return service().terms.latest(tx, community_id)


# --- a shop's own system


def _system_actor(authorization: str) -> Actor:
    """The shop whose key this is; a key is a sign-in of its own kind, for claims alone."""
    split = sessions.split(authorization.removeprefix(BEARER))
    if not authorization.startswith(BEARER) or split is None:
        raise Refusal("not_signed_in")
    community_id, token = split
    with service().db.read() as tx:
        session = sessions.find(tx, community_id, token, at=service().now())
        if session is None or session.actor_kind != "system":
            raise Refusal("session_ended")
        if get_merchant(tx, community_id, session.actor_id).state == "left":
            raise Refusal("not_allowed")
    return Actor(
        kind="system",
        community_id=community_id,
        id=session.actor_id,
        roles=frozenset({_SYSTEM_ROLE}),
        merchant_id=session.actor_id,
    )


# --- people with a session


def _person_actor(kinds: list[str], permissions: tuple[str, ...]) -> Actor:
    """The first of the caller's sign-ins that may; else the first there is, to be refused by name."""
    known: list[Actor] = []
    ended = False
    for kind in kinds:
        split = sessions.split(request.cookies.get(COOKIES[kind], ""))
        if split is None:
            continue
        with service().db.read() as tx:
            found = _signed_in(tx, kind, *split)
        if found is None:
            ended = True
        elif any(found.may(permission) for permission in permissions):
            return found
        else:
            known.append(found)
    if known:
        return known[0]
    raise Refusal("session_ended" if ended else "not_signed_in")


def _signed_in(tx: Tx, kind: str, community_id: int, token: str) -> Actor | None:
    session = sessions.find(tx, community_id, token, at=service().now())
    if session is None or session.actor_kind != kind:
        return None
    if kind == "resident":
        person = residents.get_resident(tx, community_id, session.actor_id)
        return _actor(kind, community_id, person.person_id) if person.state == "active" else None
    person_of_staff = staff.get_staff(tx, community_id, session.actor_id)
    if person_of_staff.state != "active":
        return None
    if kind == "merchant":
        shop = person_of_staff.merchant_id
        return _actor(kind, community_id, session.actor_id, merchant_id=shop)
    roles = staff.roles_of(tx, community_id, session.actor_id)
    return Actor(kind=kind, community_id=community_id, id=session.actor_id, roles=roles)


def _actor(kind: str, community_id: int, actor_id: int, *, merchant_id: int | None = None) -> Actor:
    return Actor(
        kind=kind,
        community_id=community_id,
        id=actor_id,
        roles=frozenset(_ROLES_BY_KIND[kind]),
        merchant_id=merchant_id,
    )
