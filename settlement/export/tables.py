"""Every table of the product: exported with these columns, or kept at home for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from settlement.export.bank_shapes import BANK
from settlement.export.bill_shapes import BILLS
from settlement.export.book_shapes import BOOK
from settlement.export.certificate_shapes import CERTIFICATES
from settlement.export.channel_shapes import CHANNEL_BILLS
from settlement.export.counter_shapes import COUNTER
from settlement.export.dispute_shapes import DISPUTES
from settlement.export.expiry_shapes import EXPIRY
from settlement.export.household_shapes import HOUSEHOLDS
from settlement.export.life_shapes import LIVES
from settlement.export.members_shapes import MEMBERS
from settlement.export.misuse_shapes import MISUSE
from settlement.export.offline_shapes import OFFLINE
from settlement.export.recovery_shapes import RECOVERY
from settlement.export.services_shapes import SERVICES
from settlement.export.settlement_shapes import SETTLEMENT
from settlement.export.shape import Shape
from settlement.export.slip_shapes import SLIPS
from settlement.export.stock_shapes import STOCK
from settlement.export.wrong_household_shapes import WRONG_HOUSEHOLD

FORMAT: Final = "jifen-export/1"
"""Goes up when a reader of this format could no longer read the next one."""

SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        shape.name: shape
        for shape in (
            *MEMBERS,
            *BOOK,
            *BILLS,
            *CHANNEL_BILLS,
            *EXPIRY,
            *HOUSEHOLDS,
            *STOCK,
            *COUNTER,
            *SERVICES,
            *CERTIFICATES,
            *MISUSE,
            *SETTLEMENT,
            *WRONG_HOUSEHOLD,
            *SLIPS,
            *BANK,
            *DISPUTES,
            *LIVES,
            *RECOVERY,
            *OFFLINE,
        )
    }
)
"""Exported tables by name, in the order in which they can be filled again."""

KEPT_HOME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "terminal_health": "how a tablet was doing a minute ago; nothing of it is kept",
        "clockwork_run": "when the server's own work ran; what it did stands in the book",
        "person_identity": "names and telephone numbers",
        "staff_identity": "names",
        "consent_text": "what people agree to, as they read it; no figure needs it",
        "resident_consent": "who agreed to which version; no figure needs it",
        "pin": "secrets",
        "pin_shown": "that a PIN was typed; what counts of it stands in misuse_entry",
        "card": "what residents carry; the book names serial and issue",
        "carer_card": "which card a carer carries; the book names serial and issue",
        "session": "secrets",
        "enrolment": "secrets",
        "token_key": "secrets; public keys are published by themselves",
        "code_sequence": "what a phone showed last; no figure needs it",
        "watch_flag": "suspicions about people; nothing is posted for one",
        "token_use": "when a code was shown; the posting has what came of it",
        "channel_payer": "pseudonyms of who paid; the bills themselves are among stored_file",
        "code_again": "suspicions about people; nothing is posted for a refused code",
        "cap_counter": "follows from the postings",
        "stock_pause": "a notice that people typed",
        "proxy": "names of who may collect for a resident",
        "proxy_mandate": "what papers of proxies say",
        "proxy_ended": "names of who collects no longer",
        "redemption_proxy": "names of who collected",
        "counter_notice": "what residents were told; the postings have what came of it",
        "ticket": "who waited in line; no figure needs it",
        "help_call": "who asked for help at a screen; no figure needs it",
        "visit": "follows from the postings",
        "stored_file": "what shops sent, word for word; may hold names",
        "issue_sum": "follows from the postings",
        "issue_count": "follows from the postings",
        "log_head": "the manifest has the size",
        "tile": "follows from the leaves",
        "log_key": "secrets; public keys and handovers are published, and stand in the manifest",
        "channel_event": "what the channel told; the postings have what came of it",
        "payment_route": "one payment's use over all communities",
        "payment_posting": "guards a payment's use while it is posted",
        "claim_refused": "batches of tills that never counted; the files are among stored_file",
        "claim_keying": "what was typed in of paper lists; what agreed is among the claims",
        "claim_layout": "how a shop heads its own list; no figure needs it",
        "bank_answer": "a file's answer by its hash; what it said stands in bank_line",
        "finance_setup": "the community's own account and the codes of its bookkeeping program",
        "fee_file": "a file's answer by its hash; what the file said stands in fee_bill_version",
    }
)
"""Tables that no export holds, each with its reason."""
