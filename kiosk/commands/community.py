"""`jifen community`, `scheme`, `settings`, `keys`: what a community is and what it has chosen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from kiosk.commands.opening import Opened, opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.earning.scheme_file import SCHEMES, SHIPPED
from ledger.errors import Refusal
from ledger.members import communities, keys, schemes, settings
from ledger.members.budget import check_budget
from ledger.members.gate import percent_text
from ledger.sql import Tx

community_option = click.option(
    "--community", "issuer", help="The community's four-character code, where there are several."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.group("community")
def community_group() -> None:
    """Open communities and list them."""


@community_group.command("new")
@click.option("--issuer", required=True, help="Four letters or digits, such as CA01.")
@click.option("--name", required=True)
@click.option("--hotline", required=True, help="The number people call.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@click.option("--scheme", required=True, help=f"A scheme file, or one of: {', '.join(SHIPPED)}.")
@json_option
@says_refusals
def new(*, issuer: str, name: str, hotline: str, timezone: str, scheme: str, as_json: bool) -> None:
    """Open a community with a scheme and keys that sign its codes."""
    path = _scheme_file(scheme)
    with opened() as server:
        at = now_us()

        def work(tx: Tx) -> dict[str, Any]:
            community_id = communities.open_community(
                tx, issuer=issuer, name=name, hotline=hotline, timezone=timezone, by=SYSTEM, at=at
            )
            adopted = schemes.adopt(
                tx, community_id, _bytes(path), name=path.name, by=SYSTEM, at=at
            )
            made = keys.renew_keys(tx, server.vault, community_id, at=at, by=SYSTEM.id)
            return {
                "community_id": str(community_id),
                "issuer": issuer,
                "scheme": f"{adopted.id}/{adopted.version}",
                "keys": len(made),
            }

        show(server.db.write(work), as_json=as_json)


@community_group.command("list")
@json_option
@says_refusals
def list_communities(*, as_json: bool) -> None:
    """List the communities of this server."""
    with opened() as server, server.db.read() as tx:
        show({row.issuer: row.name for row in communities.all_communities(tx)}, as_json=as_json)


@click.group("scheme")
def scheme_group() -> None:
    """Adopt schemes and list the versions."""


@scheme_group.command("adopt")
@click.argument("scheme")
@community_option
@json_option
@says_refusals
def adopt(scheme: str, issuer: str | None, *, as_json: bool) -> None:
    """Adopt the scheme file SCHEME; it counts from the day it names.

    Where the fund would no longer stand behind the points, the committee's recorded vote is asked for.
    """
    path = _scheme_file(scheme)
    with opened() as server:
        community_id, at = server.community(issuer), now_us()

        def work(tx: Tx) -> dict[str, Any]:
            known = bool(schemes.versions(tx, community_id))
            looked = _looked(tx, community_id, path, at=at) if known else {}
            adopted = schemes.adopt(
                tx, community_id, _bytes(path), name=path.name, by=SYSTEM, at=at
            )
            return {
                "scheme": f"{adopted.id}/{adopted.version}",
                "effective_from": adopted.effective_from.isoformat(),
                "digest": adopted.digest,
                **looked,
            }

        answer = server.db.write(work)
        check_budget(server.db, community_id, at=at)
        show(answer, as_json=as_json)


@scheme_group.command("look")
@click.argument("scheme")
@community_option
@json_option
@says_refusals
def look(scheme: str, issuer: str | None, *, as_json: bool) -> None:
    """Say what the scheme file SCHEME would do to coverage; nothing is adopted."""
    path = _scheme_file(scheme)
    with opened() as server, server.db.read() as tx:
        show(_looked(tx, server.community(issuer), path, at=now_us()), as_json=as_json)


def _looked(tx: Tx, community_id: int, path: Path, *, at: int) -> dict[str, Any]:
    """Coverage before and after, and what the gate says."""
    _, found = schemes.look_at(tx, community_id, _bytes(path), name=path.name, at=at)
    return {
        "coverage_before_percent": percent_text(found.before),
        "coverage_after_percent": percent_text(found.after),
        "gate": "passes" if not found.breaks else "with a vote" if found.vote else "needs a vote",
        "vote_held_on": found.vote.ballot.held_on if found.breaks and found.vote else None,
    }


@scheme_group.command("list")
@community_option
@json_option
@says_refusals
def list_schemes(issuer: str | None, *, as_json: bool) -> None:
    """List the adopted versions and the first day of each."""
    with opened() as server, server.db.read() as tx:
        adopted = schemes.versions(tx, server.community(issuer))
        show(
            {f"{row.id}/{row.version}": row.effective_from.isoformat() for row in adopted},
            as_json=as_json,
        )


@click.group("settings")
def settings_group() -> None:
    """Show and change what a community may choose."""


@settings_group.command("show")
@community_option
@json_option
@says_refusals
def show_settings(issuer: str | None, *, as_json: bool) -> None:
    """Show the settings in force."""
    with opened() as server, server.db.read() as tx:
        show(asdict(settings.current(tx, server.community(issuer))), as_json=as_json)


@settings_group.command("set")
@click.argument("changes", nargs=-1, required=True, metavar="NAME=VALUE...")
@click.option("--why", required=True, help="The reason; it stays in the record.")
@community_option
@json_option
@says_refusals
def set_settings(changes: tuple[str, ...], why: str, issuer: str | None, *, as_json: bool) -> None:
    """Change settings: jifen settings set claim_days=30 --why "as agreed in March"."""
    wanted = dict(_change(text) for text in changes)
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        after = server.db.write(
            lambda tx: settings.change(tx, community_id, wanted, by=SYSTEM, why=why, at=at)
        )
        show({name: getattr(after, name) for name in wanted}, as_json=as_json)


@click.group("keys")
def keys_group() -> None:
    """Renew and retire the keys that sign codes."""


@keys_group.command("renew")
@community_option
@json_option
@says_refusals
def renew(issuer: str | None, *, as_json: bool) -> None:
    """Make the keys that will be needed within a week; safe to run every day."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        made = server.db.write(
            lambda tx: keys.renew_keys(tx, server.vault, community_id, at=at, by=SYSTEM.id)
        )
        show({"made": len(made), **_keys(server, community_id)}, as_json=as_json)


@keys_group.command("retire")
@click.argument("kid", type=click.IntRange(0, 255))
@community_option
@says_refusals
def retire(kid: int, issuer: str | None) -> None:
    """Stop believing key KID at once, as after a leak."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        server.db.write(lambda tx: keys.retire_key(tx, community_id, kid, at=at, by=SYSTEM.id))


def _keys(server: Opened, community_id: int) -> dict[str, str]:
    with server.db.read() as tx:
        known = keys.public_keys(tx, community_id).keys
    return {
        f"key {key.kid}": f"{key.key_class} {'retired' if key.retired else 'good'}" for key in known
    }


def _scheme_file(named: str) -> Path:
    return SCHEMES / f"{named}.toml" if named in SHIPPED else Path(named)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refusal("file_unreadable", file=path.name) from error


def _change(text: str) -> tuple[str, int | str]:
    name, _, value = text.partition("=")
    is_number = value.removeprefix("-").isdigit() and value.isascii()
    return name.strip(), int(value) if is_number else value
