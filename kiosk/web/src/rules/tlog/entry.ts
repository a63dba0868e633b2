// What a leaf stands for, as text: entry encoding v1. Anybody with the exported tables can write it again.

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../bytes";
import { hex } from "./base64";

const HEAD = "jifen-leaf/1\n";

/** A value of an exported row: integers may come as decimal text, since some pass 2^53. */
export type Value = string | number | bigint | null;
export type Row = Readonly<Record<string, Value>>;

/** Columns of a transaction's header, in the order they are sealed in. */
export const TXN_COLUMNS = [
  "community_id", "txn_id", "request_id", "kind", "ref", "business_date", "scheme_period", "occurred_at", "recorded_at",
  "scheme_version", "units_per_fen", "person_id", "wallet_owner_id", "card_serial", "card_issue", "on_behalf_of",
  "merchant_id", "branch_id", "terminal_id", "staff_id", "issuing_community", "accepting_community", "reason_key",
  "source", "provisional", "reverses_txn", "corrects_date",
] as const;
export const TRANSFER_COLUMNS = ["line_no", "commodity", "debit_id", "credit_id", "amount"] as const;
export const OFFSET_COLUMNS = [
  "claimant_id", "terminal_id", "ref", "kind", "original_ref", "units", "fen", "units_per_fen", "business_date", "occurred_at",
] as const;
export const ACT_COLUMNS = ["community_id", "audit_id", "at", "actor_kind", "actor_id", "act", "subject", "device"] as const;

/** One field: the byte length of its UTF-8, a colon, the value; nothing at all is a dash. */
export function field(value: Value): string {
  if (value === null) return "-";
  const text = typeof value === "string" ? value : wholeText(value);
  // A book has tens of millions of fields, nearly all of them plain.
  return `${PLAIN.test(text) ? text.length : utf8(text).length}:${text}`;
}

const PLAIN = /^[\x00-\x7f]*$/;

function wholeText(value: number | bigint): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("only whole numbers are sealed");
  return String(value);
}

function fields(row: Row, columns: readonly string[]): string {
  return columns
    .map((column) => {
      const value = row[column];
      if (value === undefined) throw new RangeError(`the row has no ${column}`);
      return field(value);
    })
    .join("");
}

/** The entry of a transaction; `transfers` in the order of their line_no, `offset` the booked offset where there is one. */
export function txnEntry(txn: Row, transfers: readonly Row[], offset: Row | null): Uint8Array<ArrayBuffer> {
  const lines = transfers.map((row) => fields(row, TRANSFER_COLUMNS)).join("");
  const tail = offset ? field(1) + fields(offset, OFFSET_COLUMNS) : field(0);
  return utf8(HEAD + field("txn") + fields(txn, TXN_COLUMNS) + field(transfers.length) + lines + tail);
}

/**
 * The entry of an act. Its texts stand in it as one commitment only, so that text and salt may be erased while the tree
 * stays whole.
 */
export function actEntry(act: Row, commitment: string): Uint8Array<ArrayBuffer> {
  return utf8(HEAD + field("act") + fields(act, ACT_COLUMNS) + field(commitment));
}

/** The commitment over an act's texts: SHA-256 of salt (lowercase hex), before and after, as lowercase hex. */
export function actCommitment(saltHex: string, before: string, after: string): string {
  return hex(sha256(utf8(field(saltHex) + field(before) + field(after))));
}
