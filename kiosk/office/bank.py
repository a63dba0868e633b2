"""The way to the bank: files for it, what it answers, what it did otherwise, and the office's own account."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, needed, number, request_id, text
from kiosk.office.bank_words import (
    ANSWER_WORDS,
    ANSWERED,
    BATCHES,
    ENDS,
    columns_of,
    finding_words,
)
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import word
from kiosk.pages import month_text, say
from ledger.earning.working_days import value_day
from ledger.errors import Refusal
from ledger.ids import derived_request_id
from ledger.members import staff
from ledger.sql import Row, Tx
from settlement.account_names import ACCOUNT_NAMES
from settlement.bank_batches import (
    Order,
    bank_batches,
    make_bank_file,
    rewrite_bank_file,
    say_not_sent,
)
from settlement.bank_findings import bank_findings
from settlement.bank_form import Payer, bank_forms
from settlement.bank_returns import BankUpload, propose_settling, take_bank_answer
from settlement.effects import today_of
from settlement.exports import MEDIA_TYPES
from settlement.finance_setup import finance_setup, set_codes, set_payer
from settlement.payout_store import payouts_in
from settlement.voucher_sheet import programs
from settlement.vouchers import YUAN_ACCOUNTS, closed_months, month_vouchers

_OFFERED: Final = 1_000


@bp.get("/bank", endpoint="bank")
@allow("office.read")
def bank_page() -> Response:
    """What differs, what can go to the bank, what went, and the forms."""
    return _page()


@bp.post("/bank/files")
@allow("payout.send")
def make_file() -> AnyResponse:
    """Write the ticked payouts into one file; the page then offers it, and the same form again makes no other."""
    community_id, by = actor().community_id, me()
    try:
        ids = tuple(int(one) for one in request.form.getlist("payout") if _is_number(one))
        order = Order(ids, needed("bank"), day("value_date") if text("value_date") else None)

        def work(tx: Tx, at: int) -> dict[str, Any]:
            made = make_bank_file(tx, community_id, order, forms=_folder(), by=by, at=at)
            return {"batch_id": str(made.batch_id)}

        body = {"payouts": [str(one) for one in ids], "bank": order.bank}
        made = act("bank.file", body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return redirect(url_for("office.bank", made=made["batch_id"]), 303)


@bp.get("/bank/files/<int:batch_id>")
@allow("payout.send")
def file_download(batch_id: int) -> AnyResponse:
    """A file that waits for the bank's answer, the same bytes whenever it is taken; nothing goes out anew."""
    try:
        with service().db.read() as tx:
            file = rewrite_bank_file(tx, actor().community_id, batch_id, forms=_folder())
    except Refusal as refusal:
        return _page(refusal=refusal)
    answer = Response(file.body, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return answer


@bp.post("/bank/files/<int:batch_id>/not-sent")
@allow("payout.send", "payout.approve")
def not_sent(batch_id: int) -> AnyResponse:
    """Say as a second person that a file never reached the bank."""
    community_id, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> None:
        say_not_sent(tx, community_id, batch_id, by=by, why=text("why"), at=at)

    return _act("bank.not_sent", {"batch": str(batch_id)}, work, "bank_not_sent")


@bp.post("/bank/answers")
@allow("payout.send")
def take_answer() -> AnyResponse:
    """Take in a return file or an account statement; the same file again says the same."""
    try:
        file = _upload()
        answer = take_bank_answer(
            service().db,
            actor().community_id,
            file,
            forms=_folder(),
            by=me(),
            at=service().now(),
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    return _page(answer=answer)


@bp.post("/bank/differences")
@allow("payout.propose", "payout.send")
def settle_difference() -> AnyResponse:
    """Propose how a payment ended that the bank made otherwise; a second person agrees under “Approvals”."""
    community_id, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> None:
        end = needed("end")
        if end not in ENDS:
            raise Refusal("form_gap")
        place = (number("batch_id"), number("line_no"))
        ended: Any = end
        propose_settling(tx, community_id, place, ended, by=by, why=text("why"), at=at)

    body = {"batch": text("batch_id"), "line": text("line_no"), "end": text("end")}
    return _act("bank.settle", body, work, "proposed")


@bp.get("/bank/vouchers")
@allow("office.read")
def vouchers() -> AnyResponse:
    """A closed month as the workbook a bookkeeping program imports."""
    here = terms()
    try:
        month = request.args.get("month", 0, int)
        with service().db.read() as tx:
            file = month_vouchers(
                tx,
                here.community.id,
                month,
                request.args.get("program", ""),
                translate=say,
                preparer=staff.name_of(tx, here.community.id, actor().id),
            )
    except Refusal as refusal:
        return _page(refusal=refusal)
    answer = Response(file.body, content_type=MEDIA_TYPES["xlsx"])
    answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return answer


@bp.post("/bank/codes")
@allow("fund.write")
def set_account_codes() -> AnyResponse:
    """Map the yuan accounts to the codes of the bookkeeping program."""
    community_id, by = actor().community_id, me()
    codes = {kind: text(f"code_{kind}") for kind in YUAN_ACCOUNTS}

    def work(tx: Tx, at: int) -> None:
        set_codes(tx, community_id, codes, by=by, at=at)

    return _act("bank.codes", {"codes": codes}, work, "bank_setup")


@bp.post("/bank/payer")
@allow("fund.write")
def set_own_account() -> AnyResponse:
    """Set the community's own account and its usual bank."""
    community_id, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> None:
        payer = Payer(needed("account"), needed("name"), needed("payer_bank"))
        set_payer(tx, community_id, payer, needed("bank"), by=by, at=at)

    # The number of the account stands in no request that is kept: only what it is derived from here.
    body = {"setup": derived_request_id(text("account"), text("name"), text("payer_bank"))}
    return _act("bank.payer", body, work, "bank_setup")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _upload() -> BankUpload:
    """The file that was chosen.

    Refusals: form_gap, form_stale.
    """
    request_id()
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refusal("form_gap")
    return BankUpload(upload.filename, upload.read(), needed("bank"))


def _act(kind: str, body: dict[str, Any], work: Any, said: str) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(kind, body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.bank", said)


def _folder() -> Path:
    """Where the operator's own templates lie."""
    return service().settings.data_dir / "banks"


def _page(*, refusal: Refusal | None = None, answer: dict[str, Any] | None = None) -> Response:
    here = terms()
    community_id, at = here.community.id, service().now()
    with service().db.read() as tx:
        setup = finance_setup(tx, community_id)
        ready = payouts_in(tx, community_id, "approved", most=_OFFERED)
        batches = [_batch(row) for row in bank_batches(tx, community_id)]
        found = [finding_words(tx, one) for one in bank_findings(tx, community_id, at=at)]
        due = value_day(today_of(tx, community_id, at=at))
        closed = [(month, month_text(month)) for month in closed_months(tx, community_id)]
    return office_page(
        "office/bank.html",
        refusal=refusal,
        answer=None if answer is None else _answer(answer),
        found=found,
        ready=[
            {
                "payout_id": one.payout_id,
                "shop": f"{here.merchant(one.claimant_id).code} {here.merchant(one.claimant_id).name}",
                "amount_fen": one.amount_fen,
                "tail": one.account_tail,
            }
            for one in ready
        ],
        total_fen=sum(one.amount_fen for one in ready),
        banks=_banks(setup.bank),
        batches=batches,
        value_day=due.day if due.sure else None,
        setup=setup,
        accounts=[
            (kind, say(ACCOUNT_NAMES[kind]), setup.codes.get(kind, "")) for kind in YUAN_ACCOUNTS
        ],
        programs=[(one.code, one.name) for one in programs().values()],
        months=closed,
        ends=[(key, say(name)) for key, name in ENDS.items()],
        may_send=can("payout.send"),
        may_approve=can("payout.approve"),
        may_settle=can("payout.propose") or can("payout.send"),
        may_set=can("fund.write"),
    )


def _banks(usual: str) -> list[dict[str, Any]]:
    try:
        forms = bank_forms(_folder())
    except Refusal:
        forms = bank_forms()
    first = usual if usual in forms else next(iter(forms))
    return [
        {
            "code": form.code,
            "name": form.name,
            "first": form.code == first,
            "returned": columns_of(form.answer.needed),
            "may_lack": columns_of((form.answer.reason, form.answer.fee)),
            "state": form.answer.state,
            "reference": form.answer.reference,
            "words": [
                (say(name), columns_of(getattr(form.answer, key)))
                for key, name in ANSWER_WORDS.items()
            ],
            "moved": columns_of(form.movement.needed),
            "memo": form.movement.memo,
        }
        for form in forms.values()
    ]


def _batch(row: Row) -> dict[str, Any]:
    state = word(BATCHES, row.state)
    return {
        **row._asdict(),
        "said": say(state.text),
        "tone": state.tone,
        "is_own": row.made_by == actor().id,
        "is_new": str(row.batch_id) == request.args.get("made"),
    }


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    counted = [(say(name), answer[key]) for key, name in ANSWERED.items() if answer[key]]
    odd = any(answer[key] for key in ("amount", "account", "late", "unknown"))
    return {
        "counted": counted,
        "others": answer["others"],
        "fee_fen": answer["fee_fen"],
        "odd": odd,
    }
