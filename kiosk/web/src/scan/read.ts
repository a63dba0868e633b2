// What was scanned: a receipt of ours, a resident's code that holds, or something to be told apart in words.

import { mark, t } from "../text/t";
import { readReference } from "../rules/refs";
import { readCertificateNumber } from "../rules/certificate";
import { type KeyClass, ScanError, type ScanFault } from "../rules/token";
import { isSealCode } from "../rules/tlog/code_form";
import { type VerifiedToken, verifyToken } from "../rules/verify";
import type { Till } from "../app/till";
import { stamp } from "./timing";

export type Read =
  | { kind: "token"; token: VerifiedToken }
  | { kind: "voucher"; text: string }
  | { kind: "receipt"; ref: string }
  /** The code of the seal: of a receipt, a statement, a notice board. */
  | { kind: "seal"; text: string }
  | { kind: "fault"; sentence: string };

/** The card of the training, which is no code at all. */
export const PRACTICE_CARD = "practice card";

const TAKEN: readonly KeyClass[] = ["card", "dyn", "earn", "vch", "svc", "crt"];

// The server refuses a code in the same words.
const SENTENCES: Record<ScanFault, string> = {
  wechat: mark("This is a WeChat payment code, not a points code. Ask the customer to open the points page."),
  alipay: mark("This is an Alipay payment code, not a points code. Ask the customer to open the points page."),
  unionpay: mark("This is a UnionPay payment code, not a points code. Ask the customer to open the points page."),
  id_card: mark("This is an identity number, not a points code. Nothing was stored. Ask the resident for the points card, or for the code on the points page."),
  bank_card: mark("This is a bank card's number, not a points code. Nothing was stored. Ask the resident for the points card, and take the yuan on the shop's own device."),
  goods: mark("This is the bar code of goods, not a points code. Scan the code on the points card, or on the points page of the phone."),
  phone_number: mark("This is a telephone number, not a points code. Nothing was stored. Ask the resident for the points card, or for the code on the points page."),
  health_code: mark("This is a health code, not a points code. Nothing was stored. Ask the resident to open the points page, or to show the points card."),
  link: mark("This code leads to some web page; it is no points code. Nothing was opened. Ask the resident for the points card, or for the code on the points page."),
  not_a_code: mark("This is not a points code. Scan the code on the points card, or on the points page of the phone."),
  wrong_length: mark("Only part of the code was read. Hold the whole code in the frame and scan again."),
  malformed: mark("The code was read wrongly or has been changed. Scan it again; if it is refused again, type the short card number or call the hotline."),
  other_community: mark("This code belongs to another community and cannot be used here. Ask the resident for this community's card, or call the hotline."),
  unknown_key: mark("This till does not know who signed this code. Connect the till to the network to fetch the current keys, then scan again."),
  wrong_class: mark("This kind of code cannot do what was asked: an earn-only code never spends points. Ask the resident to show the payment code or the card."),
  bad_signature: mark("This code is not genuine. Do not serve it; ask the resident for the card or a new code, and tell the community office."),
  key_retired: mark("The key that signed this code has been withdrawn. Let the resident refresh the phone page, or replace the card at the community office."),
  from_future: mark("This code is dated later than this till's clock. Set the till's time, connect it to the network, and scan again."),
  expired: mark("This code has expired. A phone code lives one minute: let the resident refresh the page. An old card is replaced at the community office."),
};

/** Reads a scanned text. The text of a foreign code goes no further than this function. */
export async function readScan(till: Till, text: string): Promise<Read> {
  if (isSealCode(text)) return { kind: "seal", text };
  const receipt = readReference(text.split("/").pop() ?? "");
  if (receipt) return { kind: "receipt", ref: receipt.ref };
  const certificate = readCertificateNumber(text);
  if (certificate) return { kind: "token", token: byNumber(certificate) };
  // No camera need find it and nobody carries it: the training hands it over by a key.
  if (text === PRACTICE_CARD && till.isTraining) return { kind: "token", token: { text, keyClass: "card", serial: 0, issue: 1, expiresAtS: Infinity } };
  try {
    const token = await verify(till, text);
    if (token.keyClass === "card" && token.serial === 0) return { kind: "fault", sentence: t("This is the test card. It buys nothing; use it in the self-test.") };
    return token.keyClass === "svc" ? { kind: "voucher", text: token.text } : { kind: "token", token };
  } catch (error) {
    if (error instanceof ScanError) return { kind: "fault", sentence: t(SENTENCES[error.fault]) };
    throw error;
  }
}

/** A certificate by its number: only the server knows it, and asks for nothing else. */
const byNumber = (digits: string): VerifiedToken => ({ text: digits, keyClass: "crt", serial: Number(digits.slice(0, -1)), issue: 1, expiresAtS: 0 });

async function verify(till: Till, text: string): Promise<VerifiedToken> {
  try {
    return await verifyOnce(till, text);
  } catch (error) {
    // A key made this morning may be newer than what this till fetched.
    if (!(error instanceof ScanError && error.fault === "unknown_key")) throw error;
    await till.refresh();
    return verifyOnce(till, text);
  }
}

async function verifyOnce(till: Till, text: string): Promise<VerifiedToken> {
  const token = await verifyToken(text, {
    keys: till.view.state?.jwks.keys ?? [],
    issuer: till.view.terminal?.issuer ?? "",
    nowS: Math.floor(till.clock.now() / 1000),
    classes: TAKEN,
  });
  stamp("scan-verified");
  return token;
}
