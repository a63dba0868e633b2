"""What an export holds of recoveries: what came back from which till, without the codes and words in it."""

from __future__ import annotations

from typing import Final

from settlement.export.shape import shape

RECOVERY: Final = (
    shape(
        "recovery",
        "The book was put back from an older copy, and what tills had kept was written again.",
        key=("recovery_id",),
        columns="""
            recovery_id number its number
            state text restored, collecting, applied or finished
            proof text what a line had to bear: server, its own mark, or device, the till's signature alone
            backup text the copy it was put back from
            since_at number nothing acknowledged before this moment was missing
            kept_size number how many entries the restored order had
            kept_root bytes the root over them
            opened_at number when the copy was put back
            started_at number? when tills were asked
            applied_at number? when everything they sent was written
            finished_at number? when it was closed
            report text what came back, what came out otherwise, what only paper has: JSON
        """,
    ),
    shape(
        "recovery_till",
        "How one till answered.",
        key=("recovery_id", "terminal_id"),
        columns="""
            recovery_id number the recovery
            terminal_id number the till
            state text asked, reported, or lost: two persons agreed to go on without it
            lines number how many signed lines it had
            last_counter number the last number it gave out
            unused text numbers it gave out for which nothing was booked: JSON
            checkpoint text the newest checkpoint of the log that it kept
            changed_at number when
        """,
        left_out="why free text of a person",
    ),
    shape(
        "recovery_line",
        "One acknowledged write as the till kept it, signed.",
        key=("recovery_id", "terminal_id", "key_name", "n"),
        columns="""
            recovery_id number the recovery
            terminal_id number the till
            key_name text which of the till's keys signed: the hash of its public half
            n number its place in that key's chain
            request_id text the write's own id; the book has it under the same
            path text what was asked: a sale, a refund, a redemption, a claim
            told_at number when the server had answered
            hash text the hash of the signed line
            state text waiting, applied, known (the copy had it), aside (waits for people) or refused
            code text why it waits or was refused
            differences text what came out otherwise than the till was told: JSON
            applied_at number? when it was written
        """,
        left_out="""
            line the signature over the two below
            body holds the code that was scanned
            answer what the receipt said, word for word
        """,
    ),
    shape(
        "recovery_refused",
        "A line that was none of the till's: edited, forged, out of order, or told after its key was taken away.",
        key=("recovery_id", "terminal_id", "hash", "code"),
        columns="""
            recovery_id number the recovery
            terminal_id number who sent it
            hash text the hash of what was sent
            code text why it was refused
            came_at number when it came
        """,
        left_out="line what was sent, word for word",
    ),
    shape(
        "recovery_behind",
        "A till was told of a write that the book did not have: it was put back, and nobody had said so.",
        key=("terminal_id", "request_id"),
        columns="""
            terminal_id number the till
            request_id text the write it was told of
            noticed_at number when it said so
        """,
    ),
)
