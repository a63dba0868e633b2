"""A shop's statement proven like a receipt: the act that issued it is sealed, and its code stands on the paper."""

from __future__ import annotations

from markupsafe import Markup

from kiosk.qr_image import PROOF, draw_svg
from kiosk.seal_codes import Signing, code_of, code_words
from kiosk.texts import Translate, mark
from ledger import audit
from ledger.members.communities import get_community
from ledger.members.merchants import get_merchant
from ledger.seal.entries import ACT, Entry
from ledger.sql import Tx
from settlement.sheet import Proof, Sheet
from settlement.statement_form import statement_number, statement_sheet
from settlement.statements import ISSUED, get_statement

_DIGEST_SHOWN = 16


def proven_sheet(
    tx: Tx,
    community_id: int,
    statement_id: int,
    *,
    translate: Translate,
    by: Signing,
    receipts: bool = False,
) -> Sheet:
    """A statement as a sheet (with `receipts`: each of them too), with its proof where the log has a key.

    Refuses: statement_not_found, keys_master_wrong, log_damaged.
    """
    sheet = statement_sheet(tx, community_id, statement_id, translate=translate, receipts=receipts)
    found = get_statement(tx, community_id, statement_id)
    acts = audit.acts_on(tx, community_id, f"statement:{statement_id}")
    issued = next((act.audit_id for act in acts if act.act == ISSUED), None)
    if issued is None:
        return sheet
    shop = get_merchant(tx, community_id, found.claimant_id)
    facts: dict[str, str | int] = {
        "kind": "statement",
        "number": statement_number(shop.code, found.statement_no),
        "month": found.month,
        "payable_fen": found.payable_fen,
        "digest": found.digest[:_DIGEST_SHOWN],
    }
    issuer = get_community(tx, community_id).issuer
    code = code_of(tx, community_id, issuer, Entry(ACT, int(issued)), facts, by=by)
    if not code.text:
        return sheet
    heading = translate(mark("Proof of this statement"))
    picture = Markup(draw_svg(code.text, PROOF, label=heading))  # noqa: S704 - drawn by us
    return sheet._replace(proof=Proof(heading, code_words(code, translate), code.text, picture))
