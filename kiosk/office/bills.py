"""Fee bills in the office: lists in, confirmations in, points taken off with a card at the desk, results out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.fee_desk import FeeRequest, ask
from kiosk.fee_words import FEES, LINE_STATES, OFFSET_STATES
from kiosk.forms import act, hundredths, me, needed, request_id, text
from kiosk.import_words import import_words, name_of_column
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import word
from kiosk.pages import can_say, page_language, say
from kiosk.problems import sentence
from kiosk.texts import mark
from ledger import audit
from ledger.bills.confirmations import read_confirmation, take_confirmation
from ledger.bills.corrections import give_back
from ledger.bills.facts import (
    booked_offsets,
    find_bills,
    get_offset,
    newest_bills,
    waiting_offsets,
)
from ledger.bills.imports import (
    COLUMNS,
    FeePreview,
    FeeUpload,
    is_biller,
    preview_bills,
    take_bills,
)
from ledger.bills.offsets import confirm, release
from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import Refusal
from ledger.members import files
from ledger.members.import_rows import Fault
from ledger.members.kin import check_stands_apart
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of
from settlement.exports import FORMATS, MEDIA_TYPES, export
from settlement.fee_results import fee_result_sheet

_MOST: Final = 200
_RESULT_DAYS: Final = 31

can_say(
    {
        "fees_taken": mark("The bills are taken in."),
        "fee_held_here": mark(
            "The points are set aside. They are taken off once the biller confirms, or you confirm here."
        ),
        "fee_confirmed": mark("Confirmed and booked."),
        "fee_released": mark("Let go. The points can be used again."),
        "fee_back": mark("Given back. The points are in the wallet again."),
    }
)


@bp.get("/bills")
@allow("office.read")
def bills() -> Response:
    """The bills there are, what waits for a biller, and the forms."""
    return _page()


@bp.post("/bills/preview")
@allow("fee.write")
def preview_fees() -> AnyResponse:
    """Read a biller's list and say what is in it; nothing of it is taken."""
    here, by, upload = terms(), me(), _upload()

    def work(tx: Tx, at: int) -> None:
        kept = {"name": upload.name, "media_type": "application/octet-stream"}
        files.keep(tx, here.community.id, upload.raw, source="fee preview", by=by, at=at, **kept)

    try:
        with service().db.read() as tx:
            seen = preview_bills(tx, here, upload, at=service().now())
        if not seen.faults:
            act("fee.look", {"file": seen.sha256}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return _page(seen=seen, name=upload.name)


@bp.post("/bills/import")
@allow("fee.write")
def take_fees() -> AnyResponse:
    """Take over the list that was looked at, all of it or nothing."""
    here, by, digest = terms(), me(), needed("file")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        kept = files.get_file(tx, here.community.id, digest)
        upload = FeeUpload(kept.body, kept.name, import_words())
        return take_bills(tx, here, upload, by=by, at=at, seen_sha256=digest)

    try:
        act("fee.take", {"file": digest}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.bills", "fees_taken")


@bp.post("/bills/confirmation")
@allow("fee.write")
def take_fee_confirmation() -> AnyResponse:
    """Take a biller's confirmation in; each line gets its state, the same file the same answer."""
    here, by, upload = terms(), me(), _upload()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        return take_confirmation(tx, here, upload, day=day_of(here, at), by=by, at=at)

    try:
        _, faults = read_confirmation(upload)
        if faults:
            return _page(faults=faults)
        answer = act("fee.confirm_file", {"file": upload.sha256}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return _page(answer=answer)


@bp.post("/bills/use")
@allow("fee.write")
def use_card_for_bill() -> AnyResponse:
    """Set points aside for somebody at the desk: the card scanned, the PIN where the rules ask for one."""
    here = terms()
    try:
        bill_id = _bill_named(here, needed("bill_no"))
        ask(
            service().desk,
            FeeRequest(
                community_id=here.community.id,
                request_id=request_id(),
                bill_id=bill_id,
                units=hundredths("points"),
                at_office=me().id,
                token=needed("code"),
                pin=text("pin") or None,
            ),
            at=service().now(),
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.bills", "fee_held_here")


@bp.post("/bills/offset/<int:offset_id>")
@allow("fee.write")
def end_fee_offset(offset_id: int) -> AnyResponse:
    """Confirm an offset at the desk, let it go, or give it back whole once it was booked (with a reason)."""
    here, what = terms(), needed("what")

    def work(tx: Tx, at: int) -> None:
        offset = get_offset(tx, here.community.id, offset_id)
        check_stands_apart(tx, here.community.id, me().id, int(offset.household_id))
        _end(tx, here, offset, what, at=at)

    try:
        act("fee.end", {"offset": str(offset_id), "what": what}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.bills", _ENDED[what])


_ENDED: Final = {"confirm": "fee_confirmed", "release": "fee_released", "give_back": "fee_back"}


def _end(tx: Tx, here: Terms, offset: Row, what: str, *, at: int) -> None:
    community_id, offset_id, by = here.community.id, int(offset.offset_id), me()
    day, why = day_of(here, at), text("reason")
    if what == "confirm":
        confirm(tx, community_id, offset_id, day=day, at=at, source="office", staff_id=by.id)
    elif what == "release":
        release(tx, community_id, offset_id, why="given_up", day=day, at=at)
    elif what == "give_back":
        if not why:
            raise Refusal("reason_missing")
        left = int(offset.fen) - int(offset.back_fen)
        give_back(
            tx, community_id, offset_id, left, day=day, at=at, source="office", staff_id=by.id
        )
    else:
        raise Refusal("form_gap")
    audit.record(
        tx,
        community_id,
        by,
        f"fee.{what}",
        f"fee_offset:{offset.ref}",
        at=at,
        after={"offset_fen": int(offset.fen), "reason": why},
    )


@bp.get("/bills/results.<kind>")
@allow("office.read")
def fee_results(kind: str) -> Response:
    """The file of results of a biller: its bills of the last month, a line each, with sums."""
    here, at = terms(), service().now()
    if kind not in FORMATS:
        raise Refusal("route_not_found")
    shop = here.merchant(request.args.get("biller", 0, int))
    last = day_from_key(day_of(here, at))
    first = last - timedelta(days=_RESULT_DAYS - 1)
    with service().db.read() as tx:
        sheet = fee_result_sheet(
            tx,
            here.community.id,
            shop.merchant_id,
            first_date=day_key(first),
            last_date=day_key(last),
            at=at,
            translate=say,
        )
    answer = Response(export(sheet, kind), content_type=MEDIA_TYPES[kind])
    name = f"results-{shop.code}-{day_key(last)}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/bills/template.csv")
@allow("office.read")
def fee_template() -> Response:
    """An empty list of bills with its headings, for Excel."""
    line = ",".join(name_of_column(column, say) for column in COLUMNS) + "\r\n"
    answer = Response(line.encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="bills.csv"'
    return answer


def _bill_named(here: Terms, bill_no: str) -> int:
    """The one bill of that number that is to be paid."""
    with service().db.read() as tx:
        found = [b for b in find_bills(tx, here.community.id, bill_no) if not b.is_cancelled]
    if len(found) != 1:
        raise Refusal("fee_bill_not_found")
    return found[0].bill_id


def _upload() -> FeeUpload:
    sent = request.files.get("file")
    raw, name = (sent.read(), sent.filename or "") if sent else (b"", "")
    return FeeUpload(raw, name, import_words())


def _page(
    *,
    refusal: Refusal | None = None,
    seen: FeePreview | None = None,
    name: str = "",
    faults: list[Fault] | None = None,
    answer: dict[str, Any] | None = None,
) -> Response:
    here = terms()
    today = day_of(here, service().now())
    with service().db.read() as tx:
        found = newest_bills(tx, actor().community_id, most=_MOST)
        waiting = waiting_offsets(tx, actor().community_id, most=_MOST)
        booked = booked_offsets(tx, actor().community_id)
    wrong = list(seen.faults) if seen else faults or []
    return office_page(
        "office/bills.html",
        refusal=refusal,
        may_change=can("fee.write"),
        preview=None
        if seen is None
        else {"file": seen.sha256, "name": name, **seen.counts, **seen.sums},
        is_known=seen is not None and seen.known is not None,
        faults=[_fault(fault) for fault in wrong[:_MOST]],
        answer=None if answer is None else _answer(answer),
        bills=[_bill(here, row) for row in found],
        waiting=[_waiting(here, row) for row in waiting],
        booked=[_waiting(here, row) for row in booked],
        billers=[
            (shop.merchant_id, f"{shop.code} {shop.name}")
            for shop in here.merchants.values()
            if shop.state != "left" and is_biller(here, shop.merchant_id, today)
        ],
        columns=[name_of_column(column, say) for column in COLUMNS],
        formats=("xlsx", "csv", "pdf"),
    )


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "row": fault.row,
        "column": name_of_column(fault.column, say),
        "text": sentence(fault.refusal, page_language()),
    }


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    lines = [
        {**line, "said": say(word(LINE_STATES, line["status"]).text)}
        for line in answer["lines"]
        if line["status"] != "confirmed"
    ]
    return {**answer, "odd": lines[:_MOST]}


def _bill(here: Terms, row: Row) -> dict[str, Any]:
    return {
        "biller": here.merchant(int(row.biller_id)).name,
        "bill_no": row.bill_no,
        "household": row.household_code,
        "fee": say(word(FEES, row.kind).text),
        "period": row.period,
        "amount_fen": int(row.amount_fen),
        "offset_fen": int(row.offset_fen),
        "ceiling_fen": int(row.ceiling_fen),
        "due_date": int(row.due_date),
        "version": int(row.version),
    }


def _waiting(here: Terms, row: Row) -> dict[str, Any]:
    state = word(OFFSET_STATES, row.state)
    return {
        "offset_id": int(row.offset_id),
        "ref": row.ref,
        "biller": here.merchant(int(row.biller_id)).name,
        "household": row.household_code,
        "fee": say(word(FEES, row.kind).text),
        "units": int(row.units),
        "fen": int(row.fen),
        "left_fen": int(row.fen) - int(row.back_fen),
        "booked_on": int(row.business_date or 0),
        "expires_at": int(row.expires_at),
        "state": say(state.text),
        "tone": state.tone,
    }
