"""Every endpoint, every role, both communities: allowed only where the one table says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from kiosk.auth import OPEN_ENDPOINTS, allow, allowed_by, check_every_route_is_marked
from kiosk.gates import DENIED
from ledger.database import Database
from ledger.members.roles import ANYONE, PERMISSIONS, ROLES, STAFF_ROLES, may
from tests.support.engines import SqliteFiles
from tests.support.everyone import World, settle
from tests.support.http import Server, Visitor, everything

FAULT = 500
CODES = {
    "not_allowed",
    "not_signed_in",
    "session_ended",
    "clerk_needed",
    "proof_missing",
    "proof_bad",
    "terminal_not_found",
}


@pytest.fixture(scope="module")
def world(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two communities with everybody in them."""
    db = Database(sqlite_files.copy_to(tmp_path_factory.mktemp("access") / "jifen.db"))
    server = Server(db)
    yield World(server, settle(server, "CA01"), settle(server, "CA02"))
    db.close()


# --- the matrix


def guarded_routes(app: Flask) -> Iterator[tuple[Rule, str, tuple[str, ...]]]:
    """Every way into the app that asks who is calling: rule, method, permissions."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN_ENDPOINTS:
            continue
        allowed = allowed_by(app.view_functions[rule.endpoint])
        assert allowed is not None, rule
        if ANYONE not in allowed.permissions:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, allowed.permissions


def address(rule: Rule, ids: dict[str, str]) -> str:
    """The rule's path with ids of one community in it."""
    target = rule.rule
    for converter, name in re.findall(r"<(?:([a-z]+):)?([a-z_0-9]+)>", rule.rule):
        value = ids.get(name, "20260302" if "day" in name else "7")
        if converter == "int" and not value.isdigit():
            value = "7"
        target = re.sub(rf"<(?:[a-z]+:)?{name}>", value, target)
    return target


def is_denied(response: TestResponse) -> bool:
    """Whether the gate turned the call away, not the view behind it."""
    return response.headers.get(DENIED) in CODES


def carried(role: str) -> set[str]:
    """What a caller of that role may do; a clerk's tablet is a terminal too."""
    also = ROLES["terminal"] if role in {"clerk", "counter_clerk"} else frozenset()
    return set(ROLES[role] | also)


def allowed_callers(permissions: tuple[str, ...]) -> dict[str, bool]:
    return {role: bool(carried(role) & set(permissions)) for role in ROLES}


def test_each_role_reaches_exactly_what_the_table_says(world: World) -> None:
    wrong = []
    for rule, method, permissions in guarded_routes(world.server.app):
        for role, is_allowed in allowed_callers(permissions).items():
            caller = world.here.callers[role]
            answer = caller.call(method, address(rule, world.there.ids))
            if is_denied(answer) == is_allowed or answer.status_code == FAULT:
                wrong.append(f"{method} {rule.rule} as {role}: {answer.status_code}")

    assert wrong == []


def test_who_may_not_touches_no_row(world: World) -> None:
    before = everything(world.server.db)

    for rule, method, permissions in guarded_routes(world.server.app):
        for role, is_allowed in allowed_callers(permissions).items():
            if not is_allowed:
                world.here.callers[role].call(method, address(rule, world.here.ids))

    assert everything(world.server.db) == before


def test_whoever_may_act_here_touches_no_row_of_another_community(world: World) -> None:
    there = world.there.town.community_id
    before = rows_of(world.server.db, there)
    seen = []

    for rule, method, permissions in guarded_routes(world.server.app):
        if not rule.arguments:
            continue
        for role, is_allowed in allowed_callers(permissions).items():
            if is_allowed:
                answer = world.here.callers[role].call(method, address(rule, world.there.ids))
                if answer.status_code < 300:
                    seen.append(f"{method} {rule.rule} as {role}")

    assert rows_of(world.server.db, there) == before
    assert seen == []


def rows_of(db: Database, community_id: int) -> dict[str, list[tuple[object, ...]]]:
    return {
        name: [row for row in rows if row[0] == community_id]
        for name, rows in everything(db).items()
    }


def test_nobody_reaches_anything_without_a_sign_in(world: World) -> None:
    before = everything(world.server.db)
    open_to_all = []
    for rule, method, _ in guarded_routes(world.server.app):
        answer = world.server.call(
            method, address(rule, world.here.ids), content_type="application/json"
        )
        if not is_denied(answer):
            open_to_all.append(f"{method} {rule.rule}: {answer.status_code}")

    assert open_to_all == []
    assert everything(world.server.db) == before


def test_without_the_gate_the_same_calls_get_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.gates.authorise", lambda _view: None)
    world.server.app.config["PROPAGATE_EXCEPTIONS"] = False
    let_through = [
        f"{method} {rule.rule}"
        for rule, method, _ in guarded_routes(world.server.app)
        if not is_denied(
            world.server.call(
                method, address(rule, world.here.ids), content_type="application/json"
            )
        )
    ]

    assert let_through


# --- the ways in


def test_a_session_of_one_community_is_nothing_in_another(world: World) -> None:
    visitor = world.here.callers["resident"]
    assert isinstance(visitor, Visitor)
    token = visitor.cookie.partition(".")[2]
    stranger = Visitor(world.server, "resident", world.here.town.community_id, 1)
    stranger.cookie = f"{world.there.town.community_id}.{token}"

    for rule, method, permissions in guarded_routes(world.server.app):
        if set(permissions) & ROLES["resident"]:
            assert is_denied(stranger.call(method, address(rule, {})))


def test_a_route_without_a_mark_stops_the_start() -> None:
    app = Flask("forgetful")

    @app.get("/open-by-mistake")
    def forgotten() -> str:
        return "all the points"

    with pytest.raises(RuntimeError, match="open-by-mistake"):
        check_every_route_is_marked(app)


def test_a_mark_with_a_misspelt_permission_is_a_bug() -> None:
    with pytest.raises(ValueError, match="aprove"):
        allow("payout.aprove")
    with pytest.raises(ValueError, match="no such"):
        allow()


# --- the table itself


def test_every_permission_is_carried_by_someone_and_every_role_carries_known_ones() -> None:
    every = set().union(*ROLES.values())

    assert every == set(PERMISSIONS)
    assert set(STAFF_ROLES) < set(ROLES)


def test_nobody_proposes_and_approves_by_one_role() -> None:
    for role in ROLES:
        assert not (may([role], "payout.propose") and may([role], "payout.approve")), role
        assert not (may([role], "grant.propose") and may([role], "grant.approve")), role


def test_an_unknown_role_or_permission_allows_nothing() -> None:
    assert not may(["mayor"], "office.read")
    assert not may(["admin"], "everything")
    assert not may([], "office.read")
