"""Refusals about who may do what: sign-in, tills, clerks, roles, approvals."""

from __future__ import annotations

from typing import Final

from kiosk.refusals.known import Known
from kiosk.texts import mark

TABLE: Final = {
    "not_signed_in": Known(
        401,
        mark("Nobody is signed in. Sign in and try again."),
    ),
    "session_ended": Known(
        401,
        mark("You were signed out. Sign in again; nothing was lost."),
    ),
    "sign_in_wrong": Known(
        401,
        mark("Name or password is not right. Check both and try again."),
    ),
    "sign_in_card_stopped": Known(
        409,
        mark(
            "This card is {state}, so nobody signs in with it. Your points and what you declared are safe. Bring your"
            " identity card to the community's office: it gives you a new card with the same points."
        ),
    ),
    "sign_in_locked": Known(
        429,
        mark(
            "Too many wrong passwords. Wait {wait_s} seconds and try again, or ask an "
            "administrator."
        ),
    ),
    "not_allowed": Known(
        403,
        mark(
            "Your role does not allow this. Ask a colleague whose task it is, or an administrator."
        ),
    ),
    "proof_missing": Known(
        401,
        mark("The till did not sign this request. Open the till's own page and try again."),
    ),
    "proof_bad": Known(
        401,
        mark(
            "The till's signature does not fit this request. Restart the till; if it is "
            "refused again, ask the office for a new enrolment code."
        ),
    ),
    "proof_clock": Known(
        401,
        mark(
            "The till's clock is {off_s} seconds away from the server's. Set the tablet's "
            "clock to automatic and try again."
        ),
    ),
    "terminal_not_found": Known(
        404,
        mark("There is no such till in this community. Check its code in the list of tills."),
    ),
    "terminal_revoked": Known(
        403,
        mark("This till was taken out of service. Ask the office for a new enrolment code."),
    ),
    "terminal_waiting": Known(
        403,
        mark("This till is not enrolled yet. Type the enrolment code the office gave you."),
    ),
    "terminal_code_taken": Known(
        409,
        mark("Another till already has the code {terminal_code}. Choose another code."),
    ),
    "enrolment_wrong": Known(
        404,
        mark(
            "This enrolment code is not known. Check each character, or ask the office for a "
            "new one."
        ),
    ),
    "enrolment_used": Known(
        409,
        mark("This enrolment code was used already. Ask the office for a new one."),
    ),
    "enrolment_expired": Known(
        410,
        mark("This enrolment code is older than {minutes} minutes. Ask the office for a new one."),
    ),
    "device_key_bad": Known(
        422,
        mark("The key this tablet sent is not a P-256 key. Update the browser and enrol again."),
    ),
    "clerk_not_found": Known(
        404,
        mark("There is no such clerk in this shop. Choose a clerk from the list."),
    ),
    "clerk_needed": Known(
        401,
        mark("No clerk is signed in at this till. Choose your name and type your four-digit code."),
    ),
    "clerk_token_bad": Known(
        401,
        mark(
            "The clerk's sign-in has ended or belongs to another till. Sign in again at this till."
        ),
    ),
    "clerk_code_wrong": Known(
        401,
        mark(
            "The clerk's code is not right; {tries_left} tries are left. Type the four digits"
            " again."
        ),
    ),
    "clerk_locked": Known(
        423,
        mark(
            "This clerk's code is locked after too many wrong tries. Ask the shop's owner or "
            "the office for a new code."
        ),
    ),
    "clerk_code_shape": Known(
        422,
        mark(
            "A clerk's code has four digits and is not 1234 or one digit four times. Choose "
            "another."
        ),
    ),
    "password_short": Known(
        422,
        mark(
            "The password is shorter than {least} characters. Choose a longer one; a sentence"
            " is good."
        ),
    ),
    "password_common": Known(
        422,
        mark("This password is known to everybody. Choose another."),
    ),
    "login_taken": Known(
        409,
        mark("Somebody already signs in under this name. Choose another name."),
    ),
    "login_bad": Known(
        422,
        mark("A sign-in name has 2 to 40 letters, digits, dots or dashes. Choose another."),
    ),
    "staff_not_found": Known(
        404,
        mark("There is no such member of staff in this community. Look at the list and try again."),
    ),
    "staff_left": Known(
        403,
        mark("This sign-in is closed. Ask an administrator to open it again."),
    ),
    "role_unknown": Known(
        422,
        mark("There is no role “{role}”. Choose one from the list of roles."),
    ),
    "role_twice": Known(
        409,
        mark("This person has the role already. Nothing needs to be done."),
    ),
    "role_not_held": Known(
        404,
        mark("This person does not have this role. Look at the list and try again."),
    ),
    "own_household": Known(
        403,
        mark("Nobody decides on their own household. Ask a colleague to do it."),
    ),
    "own_kin": Known(
        403,
        mark(
            "Nobody decides about a household in which a relative lives. Ask a colleague to do it."
        ),
    ),
    "own_shop": Known(
        403,
        mark(
            "Nobody decides about a shop that is their own, their household's or a relative's. "
            "Ask a colleague to do it."
        ),
    ),
    "own_role": Known(
        403,
        mark("Nobody changes their own roles. Ask another administrator."),
    ),
    "approval_not_found": Known(
        404,
        mark("There is no such proposal in this community. Look at the list and try again."),
    ),
    "approval_decided": Known(
        409,
        mark("This proposal is decided already. Look at the list for the decision."),
    ),
    "approval_same_person": Known(
        403,
        mark("Whoever proposes does not approve. Ask a second person."),
    ),
    "approval_missing": Known(
        409,
        mark(
            "This step needs the approval of a second person first. Propose it, and let a "
            "colleague approve."
        ),
    ),
    "approval_changed": Known(
        409,
        mark("The proposal was about something else than what is asked now. Propose it again."),
    ),
}
