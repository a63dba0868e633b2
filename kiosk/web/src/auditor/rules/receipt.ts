// A resident's receipt against the book: its code, a proof as text, or just the number on it.

import { hex, sameBytes } from "../../rules/tlog/base64";
import type { VerifierKey } from "../../rules/tlog/note";
import { judge, type ProofCode, readProofCode } from "../../rules/tlog/proof_code";
import { readProofText, verifyProofText } from "../../rules/tlog/proof_text";
import { rootFromPath } from "../../rules/tlog/tree";
import type { Offset } from "./book";
import type { Chain } from "./chain";
import type { Id } from "./cells";
import type { Order } from "./order";
import type { Pack, Placed } from "./pack";

export type ReceiptVerdict =
  /** Proven: the entry stands in this book, unchanged. */
  | "in_book"
  /** Only found by its number; nothing was proven about the paper. */
  | "found"
  | "forged"
  /** Signed by the community, and yet the book does not have it. */
  | "gone"
  /** Sealed after this export was written. */
  | "newer"
  | "foreign"
  | "stranger"
  | "not_found"
  | "unreadable";

export interface Receipt {
  verdict: ReceiptVerdict;
  why: string;
  place: number | null;
  /** What the book has of it, by column; empty where it has nothing. */
  row: Record<string, string>;
  at: number | null;
  /** What the paper says, as its code carries it. */
  said: Record<string, string>;
}

interface Where {
  pack: Pack;
  order: Order;
  chain: Chain;
  keys: readonly VerifierKey[];
  offsets: readonly Offset[];
}

const result = (verdict: ReceiptVerdict, more: Partial<Receipt> = {}): Receipt => ({ verdict, why: "", place: null, row: {}, at: null, said: {}, ...more });

const REFERENCE = /^[A-Z0-9]{2,12}-\d{6}-\d{3,10}-[A-Z0-9*]$/;

/** Judges what was pasted or scanned. */
export function* checkReceipt(text: string, where: Where): Generator<void, Receipt> {
  const trimmed = text.replace(/\r\n/g, "\n").trim();
  const code = readProofCode(trimmed);
  if (code) return yield* checkCode(code, where);
  if (readProofText(`${trimmed}\n`)) return yield* checkText(`${trimmed}\n`, where);
  const reference = trimmed.toUpperCase();
  if (!REFERENCE.test(reference)) return result("unreadable");
  const found = yield* findRow(where.pack, "txn", "ref", reference);
  return found ? describe("found", found, where, {}) : result("not_found");
}

function* checkCode(code: ProofCode, where: Where): Generator<void, Receipt> {
  const said = plain(code.facts);
  const { order, chain, keys, pack } = where;
  const verdict = judge(code, { issuer: pack.manifest.issuer, origin: chain.origin, keys, published: [], newest: null });
  if (verdict.kind === "foreign" || verdict.kind === "stranger") return result(verdict.kind, { said });
  if (verdict.kind === "forged") return result("forged", { why: verdict.why, said });
  if (verdict.kind === "promised") {
    const place = yield* findLeaf(order, code.leaf);
    return place === null ? result("gone", { why: "promised", said }) : yield* proven(place, where, said);
  }
  if (code.size > order.size) return result("newer", { said, place: code.index });
  const root = rootFromPath(code.leaf, code.index, code.size, code.path);
  const roots = yield* order.roots([code.size]);
  const isHere = root !== null && hex(root) === roots.get(code.size) && sameBytes(order.leaf(code.index), code.leaf);
  return isHere ? yield* proven(code.index, where, said) : result("gone", { why: "root", said, place: code.index });
}

function* checkText(text: string, where: Where): Generator<void, Receipt> {
  const { order, chain, keys } = where;
  const proof = readProofText(text)!;
  if (proof.index >= order.size) return result("newer", { place: proof.index });
  const checkpoint = verifyProofText(text, order.leaf(proof.index), chain.origin, keys);
  if (!checkpoint) return result("forged", { why: "path", place: proof.index });
  if (checkpoint.size > order.size) return result("newer", { place: proof.index });
  const roots = yield* order.roots([checkpoint.size]);
  if (hex(checkpoint.root) !== roots.get(checkpoint.size)) return result("gone", { why: "root", place: proof.index });
  return yield* proven(proof.index, where, {});
}

/** The leaf stands in the book; what the paper says beside it must be what the rows say. */
function* proven(place: number, where: Where, said: Record<string, string>): Generator<void, Receipt> {
  const id = where.order.ids[place] ?? "";
  const found = yield* findRow(where.pack, "txn", "txn_id", id);
  if (!found) {
    const act = yield* findRow(where.pack, "audit", "audit_id", id);
    return act ? describe("in_book", act, where, said) : result("in_book", { place, said });
  }
  const offset = where.offsets.find(({ txn }) => txn === id);
  const isOther = [
    ["ref", found.row["ref"]],
    // The paper writes what a refund gives back without a sign.
    ["offset_fen", String(Math.abs(offset?.fen ?? 0))],
  ].some(([name, value]) => said[name!] !== undefined && said[name!] !== value);
  return describe(isOther ? "forged" : "in_book", found, where, said, isOther ? "facts" : "");
}

function describe(verdict: ReceiptVerdict, { row, at }: Placed, where: Where, said: Record<string, string>, why = ""): Receipt {
  const filled = Object.entries(row).filter((pair): pair is [string, string] => pair[1] !== null && SHOWN.has(pair[0]));
  const id = row["txn_id"] ?? row["audit_id"] ?? "";
  return result(verdict, { why, place: where.order.places.get(id) ?? null, row: Object.fromEntries(filled), at, said });
}

const SHOWN = new Set([
  "txn_id", "kind", "ref", "business_date", "occurred_at", "merchant_id", "terminal_id", "wallet_owner_id", "staff_id",
  "audit_id", "at", "act", "subject",
]);

function* findLeaf(order: Order, leaf: Uint8Array): Generator<void, number | null> {
  for (let place = 0; place < order.size; place += 1) {
    if (sameBytes(order.leaf(place), leaf)) return place;
    if (place % 5_000 === 0) yield;
  }
  return null;
}

function* findRow(pack: Pack, table: string, column: string, value: Id): Generator<void, Placed | null> {
  for (const placed of pack.rows(table)) {
    if (placed.row[column] === value) return placed;
    if (placed.at % 2_000 === 0) yield;
  }
  return null;
}

const plain = (facts: ProofCode["facts"]): Record<string, string> =>
  Object.fromEntries(Object.entries(facts).filter((pair): pair is [string, string] => pair[1] !== undefined));
