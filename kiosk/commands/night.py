"""`jifen night`, `jifen recover`, `jifen bill`: the work between two days."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from kiosk.clockwork.night import ask_about_payouts, close_day
from kiosk.commands.opening import Opened, language, opened, says_refusals, show
from ledger.audit import SYSTEM
from ledger.channel_bills.store import Sent
from ledger.clock import now_us
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.units import yuan_text
from pos.bill_taking import take_channel_bill
from pos.recovery import recover
from pos.unproven import mark_missing
from settlement.day_file import KINDS, day_document, day_file
from settlement.lives import day_life
from settlement.night_result import NightResult

STEPS = (
    "sealed",
    "begun",
    "matched",
    "audited",
    "reviewed",
    "settled",
    "audited",
    "passed",
    "locked",
)

community_option = click.option(
    "--community", "issuer", help="The community's four-character code, where there are several."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


@click.command("night")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option(
    "--day-files",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Write each shop's file of the day (CSV and JSON) into this folder.",
)
@community_option
@json_option
@says_refusals
def night_command(
    day: datetime, day_files: Path | None, issuer: str | None, *, as_json: bool
) -> None:
    """Close business date DAY: compare claims with the book, settle each shop, audit, lock the day.

    The day is locked only where the second engine finds nothing wrong in the whole book; what it
    finds is named by file and row. Safe to run again: a finished night changes nothing and answers
    the same.
    """
    with opened() as server:
        community_id = server.community(issuer)
        with click.progressbar(length=len(STEPS), label="night", hidden=as_json) as bar:
            prepared, result, behind = close_day(
                server,
                community_id,
                day_key(day.date()),
                at=now_us(),
                after_step=lambda _step: bar.update(1),
            )
        signed = server.publish(community_id, at=now_us())
        log = {"log_size": signed.size, "log_root": signed.root.hex()}
        more: dict[str, Any] = {"found": findings(result)} if as_json else {}
        more |= _stands(server, community_id, result.business_date)
        if day_files is not None and result.state == "locked":
            more["day_files"] = _write_day_files(server, community_id, result, day_files)
        show({**prepared, **figures(result), **behind, **log, **more}, as_json=as_json)
        if not as_json:
            for row in findings(result):
                click.echo(f"{row['check']}  {row['file']}  {row['row']}\n    {row['reason']}")
        if result.state != "locked":
            raise SystemExit(1)


def _stands(server: Opened, community_id: int, day: int) -> dict[str, str]:
    """Where the day stands, and at which step, why and in which row it failed."""
    with server.db.read() as tx:
        life = day_life(tx, community_id, day)
    failed = life.failure
    more = failed and {"failed_step": failed.step, "reason": failed.reason, "row": failed.row}
    return {"day_state": life.state.value, **(more or {})}


def _write_day_files(server: Opened, community_id: int, result: NightResult, folder: Path) -> int:
    """Each shop's file of a locked day; returns how many files there are."""
    folder.mkdir(parents=True, exist_ok=True)
    day = result.business_date
    with server.db.read() as tx:
        for shop in sorted(result.totals):
            document = day_document(tx, community_id, shop, day)
            for kind in KINDS:
                path = folder / f"day-{document['shop']}-{day}.{kind}"
                path.write_bytes(day_file(document, kind))
    return len(result.totals) * len(KINDS)


def figures(result: NightResult) -> dict[str, Any]:
    """A night's figures, plus and minus apart, never netted."""
    return {
        "business_date": result.business_date,
        "state": result.state,
        "run_id": result.run_id,
        "digest": result.digest,
        "shops": len(result.totals),
        "settled_fen": result.settled_fen,
        "settled_yuan": yuan_text(result.settled_fen),
        "differences": [asdict(code) for code in result.codes],
        "findings": len(result.findings),
    }


def findings(result: NightResult) -> list[dict[str, str]]:
    """What the second engine found: check, file, row, reason in the command line's language."""
    return [
        {
            "check": kept.check,
            "follows": kept.follows,
            "file": kept.file,
            "row": kept.row_key,
            "reason": kept.reason(language()),
        }
        for kept in result.findings
    ]


@click.command("recover")
@community_option
@json_option
@says_refusals
def recover_command(issuer: str | None, *, as_json: bool) -> None:
    """Finish sales, refunds and payouts that a crash or a lost answer of the payment channel left open."""
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        ends = recover(server.desk, community_id, at=at)
        payouts = ask_about_payouts(server, community_id, at=at)
        found = {**ends, **{f"payouts_{state}": n for state, n in payouts.items()}}
        show(found or {"open": 0}, as_json=as_json)


@click.command("bill")
@click.argument("merchant_code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day the bill speaks for, where neither it nor its name says so.",
)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day, the same.")
@click.option(
    "--complete",
    type=click.DateTime(["%Y-%m-%d"]),
    help="With this file every bill of the shop up to this day is in: what none shows waits for a decision.",
)
@community_option
@json_option
@says_refusals
def bill_command(
    merchant_code: str,
    file: Path,
    first: datetime | None,
    last: datetime | None,
    complete: datetime | None,
    issuer: str | None,
    *,
    as_json: bool,
) -> None:
    """Take in a shop's bill (WeChat, Alipay, UnionPay, Allinpay or plain CSV; zip and gzip too).

    The file is kept with its hash, its totals are held against its lines, and the time it speaks for is written down.
    Points of the sales it proves become spendable. The same bill again, under any name, changes nothing.
    """
    with opened() as server:
        community_id = server.community(issuer)
        terms = server.desk.refresh(community_id)
        shops = [shop for shop in terms.merchants.values() if shop.code == merchant_code]
        if not shops:
            raise Refusal("merchant_not_found")
        now, shop = now_us(), shops[0].merchant_id
        days = None
        if first is not None or last is not None:
            ends = (first or last, last or first)
            days = (day_key(ends[0].date()), day_key(ends[1].date()))  # type: ignore[union-attr]
        sent = Sent(file.name, file.read_bytes(), days)
        answer = take_channel_bill(server.desk, community_id, shop, sent, by=SYSTEM, at=now)
        if complete is not None and answer["outcome"] in {"ok", "EMPTY"}:
            mark = partial(
                mark_missing,
                community_id=community_id,
                merchant_id=shop,
                until=day_key(complete.date()),
                by=f"bill:{answer['bill_id']}",
                at=now,
            )
            answer["missing"] = server.db.write(mark)
        show(answer, as_json=as_json)
        if answer["outcome"] not in {"ok", "EMPTY"}:
            raise SystemExit(1)


COMMANDS = (night_command, recover_command, bill_command)
