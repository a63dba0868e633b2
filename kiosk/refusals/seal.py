"""Refusals of the seal: the log, its checkpoints and proofs."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "log_damaged": Known(
        500,
        mark(
            "The sealed log does not fit the rows it was made of; nothing more is sealed. Run “jifen seal verify”: it"
            " names the first wrong row."
        ),
        "ask",
    ),
    "log_behind": Known(
        409,
        mark(
            "This database holds {size} sealed entries, but {signed_size} were signed: it is an old copy. Nothing is"
            " signed. Put the right database back, or follow “After a loss” in the operations manual."
        ),
        "ask",
    ),
    "log_forked": Known(
        409,
        mark(
            "The first {signed_size} sealed entries are not those that were signed: rows were exchanged. Nothing is"
            " signed. Compare with the tills and the last board, then call whoever keeps the server."
        ),
        "ask",
    ),
    "log_mark_missing": Known(
        409,
        mark(
            "The log was signed up to {size} entries, but not by this server. Compare the size with the tills or the"
            " last board, then run “jifen seal adopt”."
        ),
        "ask",
    ),
    "log_mark_there": Known(
        409,
        mark(
            "This server has signed for this log already. There is nothing to adopt: go on working."
        ),
    ),
    "log_mark_unreadable": Known(
        500,
        mark(
            "The file that says what was signed last cannot be read, or names another log. Nothing is signed. Look at"
            " the folder “seal” beside the master key."
        ),
        "ask",
    ),
    "log_tile_not_found": Known(
        404,
        mark(
            "The log has no such tile yet. Read the checkpoint first: it says how far the log goes."
        ),
    ),
    "log_nothing_signed": Known(
        409,
        mark("This log has no checkpoint yet. Run “jifen seal” first: it makes one."),
    ),
    "log_whole": Known(
        409,
        mark(
            "Nothing that was signed is missing from this log. There is nothing to recover: go on working."
        ),
    ),
    "log_no_key": Known(
        409,
        mark("This community's log has no key yet. Run “jifen seal” first: it makes one."),
    ),
    "log_key_alg_unknown": Known(
        422,
        mark("There is no such kind of key for a log. Choose one of these: {known}."),
    ),
    "log_note_unknown": Known(
        422,
        mark(
            "This is no checkpoint of this community's log. Check that it was copied whole, and that it is this"
            " community's."
        ),
    ),
    "leaf_not_found": Known(
        404,
        mark(
            "There is no such entry under the root of that size. If the receipt is signed and older than a day, tell"
            " the street office."
        ),
    ),
    "entry_not_found": Known(
        404, mark("There is no such entry of yours. Look at the list of entries.")
    ),
    "receipt_not_found": Known(
        404,
        mark(
            "There is no receipt with this number in this shop's book. Check the number on the receipt."
        ),
    ),
    "publication_not_found": Known(
        404,
        mark("No notice went up for {month}. Look at the list of notices."),
    ),
    "alarm_not_found": Known(404, mark("There is no such alarm. Load the page again.")),
    "alarm_answered": Known(
        409,
        mark("Somebody has answered this alarm already. Load the page again to read it."),
    ),
    "proof_not_yet": Known(
        404,
        mark(
            "This entry is not sealed at that size yet. Ask again in a minute: entries are sealed in turn."
        ),
        "wait",
    ),
    "proof_out_of_log": Known(
        422,
        mark(
            "The log has {size} entries; what was asked lies outside of it. Ask within that size."
        ),
    ),
}
