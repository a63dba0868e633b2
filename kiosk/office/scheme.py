"""The rules in force: versions, what stands behind the points, a new version looked at before it is adopted."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, needed, number, text
from kiosk.fund_words import coverage_view, money_behind
from kiosk.office.frame import bp, can, office_page, to
from kiosk.office.settings import SETTING_NAMES
from kiosk.pages import say
from kiosk.texts import mark
from ledger.earning.calendar import day_key
from ledger.errors import Refusal
from ledger.members import files, gate, schemes, settings, votes
from ledger.members.budget import check_budget
from ledger.members.votes import Ballot, Vote
from ledger.sql import Tx
from pos.desk import day_of

_SOURCE: Final = "scheme"
_MINUTES: Final = "minutes"


@bp.get("/scheme", endpoint="scheme")
@allow("settings.read")
def scheme_page() -> Response:
    """Versions, coverage, budget, votes."""
    return _page()


@bp.post("/scheme/look")
@allow("settings.write")
def look_at_scheme() -> AnyResponse:
    """Keep the file and say what it would do; nothing is adopted."""
    here, by = actor().community_id, me()
    sent = request.files.get("file")
    raw, name = (sent.read(), sent.filename or "") if sent else (b"", "")
    kept: dict[str, str] = {}

    def work(tx: Tx, at: int) -> None:
        schemes.look_at(tx, here, raw, name=name, at=at)
        kept["file"] = files.keep(
            tx, here, raw, name=name, media_type="text/plain", source=_SOURCE, by=by, at=at
        )

    try:
        act("scheme.look", {"name": name, "size": len(raw)}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return (
        to("office.scheme_seen", "looked", file=kept.get("file", ""))
        if kept
        else to("office.scheme")
    )


@bp.get("/scheme/<file>")
@allow("settings.read")
def scheme_seen(file: str) -> Response:
    """A version that was looked at: coverage before and after, and what it needs to be adopted."""
    return _seen(file)


@bp.post("/scheme/<file>")
@allow("settings.write")
def adopt_scheme(file: str) -> AnyResponse:
    """Adopt the version that was looked at."""
    here, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        kept = files.get_file(tx, here, file)
        adopted = schemes.adopt(tx, here, kept.body, name=kept.name, by=by, at=at)
        return {"scheme": gate.subject_of(adopted)}

    try:
        act("scheme.adopt", {"file": file}, work)
    except Refusal as refusal:
        return _seen(file, refusal=refusal)
    check_budget(service().db, here, at=service().now())
    return to("office.scheme", "adopted")


@bp.post("/scheme/votes")
@allow("vote.propose")
def enter_vote() -> AnyResponse:
    """Enter what the committee voted, with the minutes; a committee member confirms it."""
    here, by, file = actor().community_id, me(), text("file")
    sent = request.files.get("minutes")
    raw, name = (sent.read(), sent.filename or "") if sent else (b"", "")

    def work(tx: Tx, at: int) -> None:
        minutes = files.keep(
            tx, here, raw, name=name, media_type="application/octet-stream", source=_MINUTES,
            by=by, at=at,
        )  # fmt: skip
        subject, digest = _subject(tx, here, file, at=at)
        ballot = Ballot(
            subject=subject,
            digest=digest,
            held_on=day("held_on"),
            members=number("members"),
            present=number("present"),
            ayes=number("ayes"),
            noes=number("noes"),
            abstentions=number("abstentions"),
            minutes_sha256=minutes,
        )
        votes.propose(tx, here, ballot, by=by, at=at)

    body = {name: text(name) for name in (*_VOTE_FIELDS, "file", "setting", "value")}
    try:
        act("vote", body, work)
    except Refusal as refusal:
        return _seen(file, refusal=refusal) if file else _page(refusal=refusal)
    return to("office.scheme", "proposed")


_VOTE_FIELDS: Final = ("held_on", "members", "present", "ayes", "noes", "abstentions")


def _subject(tx: Tx, here: int, file: str, *, at: int) -> tuple[str, str]:
    """What was voted on: the rules in a file that was looked at, or one setting's new value."""
    if file:
        kept = files.get_file(tx, here, file)
        scheme, _ = schemes.look_at(tx, here, kept.body, name=kept.name, at=at)
        return gate.subject_of(scheme), scheme.digest
    name, value = needed("setting"), number("value")
    if name not in settings.BY_VOTE:
        raise Refusal("setting_unknown", name=name[:40])
    return settings.setting_subject(name, settings.checked({name: value})[name]), ""


def _page(*, refusal: Refusal | None = None) -> Response:
    here, at = terms(), service().now()
    community_id, today = here.community.id, day_of(terms(), at)
    with service().db.read() as tx:
        behind = money_behind(tx, here, today)
        recorded = votes.latest(tx, community_id)
    current = next(
        (one for one in reversed(here.schemes) if day_key(one.effective_from) <= today), None
    )
    return office_page(
        "office/scheme.html",
        refusal=refusal,
        versions=[
            {
                "name": f"{one.header.name} {one.version}",
                "first": one.effective_from.strftime("%Y%m%d"),
                "now": one is current,
            }
            for one in reversed(here.schemes)
        ],
        **behind,
        votes=[_vote(one) for one in recorded],
        settings=[
            {"value": name, "name": say(SETTING_NAMES[name])} for name in sorted(settings.BY_VOTE)
        ],
        may_change=can("settings.write"),
        may_vote=can("vote.propose"),
        form=request.form,
    )


def _seen(file: str, *, refusal: Refusal | None = None) -> Response:
    here, at = actor().community_id, service().now()
    with service().db.read() as tx:
        kept = files.get_file(tx, here, file)
        scheme, looked = schemes.look_at(tx, here, kept.body, name=kept.name, at=at)
    return office_page(
        "office/scheme_seen.html",
        refusal=refusal,
        file=file,
        name=f"{scheme.header.name} {scheme.version}",
        first=scheme.effective_from.strftime("%Y%m%d"),
        before=coverage_view(looked.before),
        after=coverage_view(looked.after),
        breaks=looked.breaks,
        vote=None if looked.vote is None else _vote(looked.vote),
        may_change=can("settings.write"),
        may_vote=can("vote.propose"),
        form=request.form,
        back=url_for("office.scheme"),
    )


def _vote(one: Vote) -> dict[str, Any]:
    """A vote in words."""
    state, tone = say(mark("not carried")), "bad"
    if one.passed:
        used = one.used_at is not None
        state, tone = (say(mark("used")), "") if used else (say(mark("carried")), "good")
    return {
        **one.ballot._asdict(),
        "subject": subject_text(one.ballot.subject),
        "state": state,
        "tone": tone,
    }


def subject_text(subject: str) -> str:
    """What a vote was about, in words."""
    kind, _, rest = subject.partition(":")
    if kind == "setting":
        name, _, value = rest.partition("=")
        return f"{say(SETTING_NAMES.get(name, name))}{say(mark(': '))}{value}"
    return say(mark("rules {name}")).format(name=rest)
