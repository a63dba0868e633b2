"""Refusals of a request's form, before anybody looks at what it asks."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "not_json": Known(
        400,
        mark("The request is not JSON in UTF-8. Send the body as one JSON object."),
    ),
    "bad_input": Known(
        422,
        mark(
            "{count} fields of the request are wrong or unknown. Correct the fields named in "
            "“errors” and send again."
        ),
    ),
    "route_not_found": Known(
        404,
        mark("There is nothing at this address. Check the address, or go back to the home page."),
    ),
    "method_not_allowed": Known(
        405,
        mark("This address does not take this kind of request. Use one of the methods it allows."),
    ),
    "body_too_large": Known(
        413,
        mark("What was sent is larger than {limit_kb} kB. Send less at a time."),
    ),
    "media_not_supported": Known(
        415,
        mark("This address takes JSON only. Send the body with the type application/json."),
    ),
    "too_many_requests": Known(
        429,
        mark("Too many requests at once. Wait {wait_s} seconds and try again."),
    ),
    "server_error": Known(
        500,
        mark(
            "Something went wrong on the server; nothing was booked. Try again; if it happens"
            " again, tell the office the request number."
        ),
    ),
    "server_busy": Known(
        503,
        mark(
            "Many people are using the service at this moment; nothing was booked. Send the "
            "same request again."
        ),
    ),
    "cross_site": Known(
        403,
        mark(
            "This request came from another site and was refused. Open the page of this "
            "service and do it there."
        ),
    ),
    "request_id_reused": Known(
        409,
        mark(
            "This request number was used before for something else. Make the request anew "
            "from the beginning."
        ),
    ),
    "request_id_bad": Known(
        422,
        mark("The request number must be a UUID. Let the till make a new one."),
    ),
    "request_bad": Known(
        400,
        mark("The request cannot be understood. Check the address and what is sent with it."),
    ),
    "cursor_bad": Known(
        422,
        mark("This place in the list is not known. Begin again at the first page."),
    ),
    "till_not_built": Known(
        503,
        mark("The till's app is not built on this server. Build it with: make web."),
    ),
    "host_bad": Known(
        422,
        mark(
            "“{host}” is no name or address of a server. Give names such as jifen.local or "
            "addresses such as 192.168.1.10."
        ),
    ),
    "file_unreadable": Known(
        422,
        mark("The file {file} cannot be read. Check its name and your rights."),
    ),
    "community_needed": Known(
        422,
        mark(
            "This server has {count} communities. Name one with --community and its four-"
            "character code."
        ),
    ),
}
