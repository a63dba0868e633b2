"""Refusals around backups, restores and the copy at the second place."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "backup_beside_key": Known(
        409,
        mark(
            "The master key would lie in the same folder as the copies. Choose another place, so "
            "that nobody can take both at once."
        ),
    ),
    "backup_changed": Known(
        409,
        mark("The copy {name} was changed after it was made. Do not use it; take another one."),
    ),
    "backup_damaged": Known(
        409,
        mark("The copy {name} is not whole any more. Do not use it; take another one."),
    ),
    "backup_folder_missing": Known(
        409,
        mark("The folder for copies is not there. Connect the disk, or correct the settings."),
    ),
    "backup_no_room": Known(
        503,
        mark("The copy could not be written ({reason}). Make room, or look after the disk."),
    ),
    "backup_not_found": Known(
        404,
        mark("There is no copy called {name}. Look at the list: jifen backup list."),
    ),
    "backup_other_key": Known(
        409,
        mark(
            "The copy {name} belongs to another master key than the one here. Bring the right key "
            "file, or say --other-key where it is lost for good."
        ),
    ),
    "backup_source_missing": Known(
        404,
        mark("There is no database to copy. Look at database_url in the settings."),
    ),
    "backup_tool_failed": Known(
        503,
        mark("PostgreSQL's program {program} gave up: {said}. Correct that and try again."),
    ),
    "backup_tool_missing": Known(
        503,
        mark("PostgreSQL's program {program} is not installed here. Install its client package."),
    ),
    "backup_unreadable": Known(
        409,
        mark("The description of the copy {name} cannot be read. Take another copy."),
    ),
    "copy_not_archiving": Known(
        409,
        mark("PostgreSQL keeps no WAL for a second place. Set it up as the manual says."),
    ),
    "copy_not_set_up": Known(
        409,
        mark("No second place is set up. Name it as copy_dir in the settings."),
    ),
    "drill_no_place": Known(
        403,
        mark(
            "The database account may not create a database to try the copy in. Allow it (ALTER "
            "ROLE … CREATEDB), or run the drill under another account."
        ),
    ),
    "restore_incomplete": Known(
        409,
        mark("The copy {name} came back with other rows than it had. Take another copy."),
    ),
    "restore_other_engine": Known(
        409,
        mark("This copy was made from {engine}. Name a database of that kind in the settings."),
    ),
    "restore_place_taken": Known(
        409,
        mark(
            "Something is there already, and nothing is overwritten. Move it away first; for an "
            "SQLite file --aside does that."
        ),
    ),
    "restore_unsound": Known(
        409,
        mark("The copy came back, but does not add up ({checks}). Take an older one."),
    ),
    "wal_other_content": Known(
        409,
        mark(
            "Another segment {name} is at the second place already. Two servers may be writing "
            "there: give each its own folder."
        ),
    ),
}
