"""One recovery, what each till has sent to it, and every signed line that came."""

from __future__ import annotations

from sqlalchemy import CheckConstraint

from ledger.schema import blob, index, number, table, text

recovery = table(
    "recovery",
    number("recovery_id"),
    text("state"),  # restored | collecting | applied | finished
    text(
        "proof"
    ),  # server: its own mark on each answer; device: the till's signature alone (the master key is lost)
    text("backup"),  # the copy's name, or '' where it was put back by other means
    number("since_at"),  # nothing acknowledged before this moment is missing
    number("kept_size"),  # how far the restored order goes
    blob("kept_root"),
    number("opened_at"),
    number("started_at", null=True),
    number("applied_at", null=True),
    number("finished_at", null=True),
    text("report"),  # JSON, '' until it is finished
    key=("recovery_id",),
)

recovery_till = table(
    "recovery_till",
    number("recovery_id"),
    number("terminal_id"),
    text("state"),  # asked | reported | lost
    number("lines"),  # how many the till says it has told since
    number("last_counter"),
    text("unused"),  # JSON: numbers it gave out for which the server booked nothing
    text("checkpoint"),  # the newest one of the log that it keeps
    number("changed_at"),
    text("why"),  # for a lost one: what two persons agreed on
    CheckConstraint("lines >= 0", name="ck_recovery_till_lines"),
    key=("recovery_id", "terminal_id"),
)

recovery_line = table(
    "recovery_line",
    number("recovery_id"),
    number("terminal_id"),
    text("key_name"),  # which of the till's keys signed
    number("n"),
    text("request_id"),
    text("path"),
    number("told_at"),
    text("hash"),  # of the line itself; the next one names it
    text("line"),
    text("body"),
    text("answer"),
    text("state"),  # waiting | applied | known | aside | refused
    text("code"),  # why it waits for people, or was refused
    text("differences"),  # JSON: what came out otherwise than the till was told
    number("applied_at", null=True),
    index("ix_recovery_line_order", "recovery_id", "state", "told_at"),
    key=("recovery_id", "terminal_id", "key_name", "n"),
)

# Lines that are no line of the till's: kept as they came, for people to look at.
recovery_refused = table(
    "recovery_refused",
    number("recovery_id"),
    number("terminal_id"),
    text("hash"),
    text("code"),
    text("line"),
    number("came_at"),
    key=("recovery_id", "terminal_id", "hash", "code"),
)

# A till was told of a write that the book does not have, and nobody had said that it was put back.
recovery_behind = table(
    "recovery_behind",
    number("terminal_id"),
    text("request_id"),
    number("noticed_at"),
    key=("terminal_id", "request_id"),
)
