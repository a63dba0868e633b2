"""`jifen board`: a month's root goes up, as a page and a poster."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import click

from kiosk.board_sheet import BoardFace, Link, board_page, draw_board
from kiosk.commands.month import MonthParam
from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import opened, says_refusals, show
from kiosk.pages import day_text, month_text
from kiosk.seal_codes import address_under
from kiosk.texts import LANGUAGES, translator
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.members import communities
from ledger.seal.proof_code import board_code
from settlement.publishing import publish_board


@click.command("board")
@click.argument("month", type=MonthParam())
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder for the files; without it they go to board/ in the data folder.",
)
@community_option
@json_option
@says_refusals
def board_command(month: int, out: Path | None, issuer: str | None, *, as_json: bool) -> None:
    """Put up MONTH's (2026-03) root once the month is closed, and write its page and its poster.

    What went up stays as it is: run again, the same files are written anew.
    """
    with opened() as server:
        community_id = server.community(issuer)
        kind = server.desk.refresh(community_id).shown
        found = publish_board(
            server.db,
            community_id,
            month,
            commodity=kind.commodity,
            precision=kind.precision,
            vault=server.vault,
            last_signed=server.last_signed,
            by=SYSTEM,
            at=now_us(),
        )
        with server.db.read() as tx:
            community = communities.get_community(tx, community_id)
        code = address_under(server.settings.public_url, board_code(community.issuer, found.note))
        face = BoardFace(community.name, community.hotline or "", found, code)
        folder = out or server.settings.data_dir / "board"
        files = _write(face, folder, f"board-{community.issuer}-{month_text(month)}")
        show(
            {
                "month": month_text(month),
                "put_up_on": day_text(found.published_on),
                "size": found.size,
                "root": b64encode(found.root).decode(),
                "sums": dict(found.figures) or "-",
                "files": files,
            },
            as_json=as_json,
        )


def _write(face: BoardFace, folder: Path, name: str) -> list[str]:
    """Page and poster in each language; the first language's have the plain name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in LANGUAGES:
        own = name if language == LANGUAGES[0] else f"{name}.{language}"
        other = next(each for each in LANGUAGES if each != language)
        there = name if other == LANGUAGES[0] else f"{name}.{other}"
        words = translator(other)("English") if other == "en" else translator("zh")("Chinese")
        links = (
            Link(f"{own}.pdf", translator(language)("To print")),
            Link(f"{there}.html", words, "en" if other == "en" else "zh-CN"),
        )
        (folder / f"{own}.html").write_text(board_page(face, language, links), encoding="utf-8")
        (folder / f"{own}.pdf").write_bytes(draw_board(face, language))
        written += [str(folder / f"{own}.html"), str(folder / f"{own}.pdf")]
    return written
