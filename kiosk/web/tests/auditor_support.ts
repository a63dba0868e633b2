// A small export in memory: its tables as rows, its ZIP made by the packer's own library, its manifest put right.

import { sha256 } from "@noble/hashes/sha2.js";
import { zipSync } from "fflate";
import { utf8 } from "../src/rules/bytes";
import { hex } from "../src/rules/tlog/base64";
import { txnEntry, actCommitment, actEntry, TXN_COLUMNS } from "../src/rules/tlog/entry";
import { leafHash, rootOf } from "../src/rules/tlog/tree";
import { type Report, Session } from "../src/auditor/rules/session";

export type Cells = Record<string, string | null>;
export type Tables = Record<string, Cells[]>;

const quoted = (cell: string | null): string => (cell === null ? "" : cell === "" || /[",\n\r]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);

/** A table's bytes; one without rows has the columns of `empty`. */
export function csv(rows: Cells[], empty = ["id"]): string {
  const columns = Object.keys(rows[0] ?? Object.fromEntries(empty.map((name) => [name, null])));
  return `${[columns.join(","), ...rows.map((row) => columns.map((name) => quoted(row[name] ?? null)).join(","))].join("\n")}\n`;
}

/** The ZIP of an export with these tables, sealed but not signed. */
export function exportOf(tables: Tables, changes: (manifest: Record<string, unknown>) => void = () => undefined, folder = ""): Uint8Array<ArrayBuffer> {
  const files: Record<string, Uint8Array> = {};
  const listed: Record<string, object> = {};
  for (const [name, rows] of Object.entries(tables)) {
    const bytes = utf8(csv(rows));
    files[`${folder}${name}.csv`] = bytes;
    listed[`${name}.csv`] = { sha256: hex(sha256(bytes)), rows: rows.length, columns: Object.keys(rows[0] ?? {}), kinds: [] };
  }
  const manifest: Record<string, unknown> = {
    format: "jifen-export/1", community: "1", issuer: "CA01", timezone: "Asia/Shanghai", from: 20260301, to: 20260331,
    exported_at: 1_775_000_000_000_000, size: String(tables["leaf"]?.length ?? 0), root: rootText(tables), checkpoint: null, keys: [], handovers: [], files: listed,
  };
  changes(manifest);
  files[`${folder}manifest.json`] = utf8(JSON.stringify(manifest));
  return Uint8Array.from(zipSync(files));
}

const rootText = (tables: Tables): string =>
  hex(rootOf((tables["leaf"] ?? []).map((row) => Uint8Array.from(row["leaf_hash"]!.match(/../g)!, (byte) => Number.parseInt(byte, 16)))));

/** A posting between two accounts, as rows of txn and transfer. */
export function posting(id: number, kind: string, debit: string, credit: string, amount: number, more: Cells = {}): { txn: Cells; transfer: Cells } {
  const { community_id: _, ...blank } = Object.fromEntries(TXN_COLUMNS.map((name): [string, string | null] => [name, null]));
  const txn: Cells = {
    ...blank, txn_id: String(id), request_id: `r${id}`, kind, business_date: "20260302", scheme_period: "202603", occurred_at: "1772416800000000",
    recorded_at: "1772416800000000", scheme_version: "", issuing_community: "1", accepting_community: "1", reason_key: "", source: "office", provisional: "0", ...more,
  };
  return { txn, transfer: { txn_id: String(id), line_no: "0", commodity: "1002", debit_id: debit, credit_id: credit, amount: String(amount) } };
}

/** An act of a member of staff. */
export const act = (id: number, actor: string, name: string, subject: string, after: string, at = "1767312000000000"): Cells => ({
  audit_id: String(id), at, actor_kind: "staff", actor_id: actor, act: name, subject, before: "", after, device: "", salt: "00ff", commitment: null,
});

/** The order over the rows of txn and audit, as the sealer would have it. */
export function sealed(tables: Tables): Tables {
  const here = { community_id: "1" };
  const transfers = (id: string): Cells[] => (tables["transfer"] ?? []).filter((row) => row["txn_id"] === id);
  const leaves = [
    ...(tables["txn"] ?? []).map((row) => ({ id: row["txn_id"]!, kind: "txn", entry: txnEntry({ ...row, ...here }, transfers(row["txn_id"]!), null) })),
    ...(tables["audit"] ?? []).map((row) => ({
      id: row["audit_id"]!, kind: "act", entry: actEntry({ ...row, ...here }, actCommitment(row["salt"]!, row["before"]!, row["after"]!)),
    })),
  ];
  const leaf = leaves.map(({ id, kind, entry }, n) => ({ leaf_index: String(n), entry_id: id, kind, leaf_hash: hex(leafHash(entry)) }));
  return { ...tables, leaf };
}

/** Two wallets, 30.00 points given to the first, of which 12.00 moved on. */
export function smallBook(): Tables {
  const account = (id: string, kind: string, owner: string, bounded: string): Cells => ({ account_id: id, commodity: "1002", kind, owner_id: owner, bounded, opened_at: "1", closed_at: null });
  const first = posting(101, "grant", "1", "2", 3_000, { wallet_owner_id: "7", staff_id: "50" });
  const second = posting(102, "grant", "1", "3", 1_200, { wallet_owner_id: "8", staff_id: "50" });
  return {
    account: [account("1", "issued_grant", "0", "0"), account("2", "wallet", "7", "1"), account("3", "wallet", "8", "1")],
    balance: [{ account_id: "2", posted: "3000", held: "0" }, { account_id: "3", posted: "1200", held: "0" }],
    txn: [first.txn, second.txn],
    transfer: [first.transfer, second.transfer],
    offset_booked: [],
    audit: [act(201, "9", "role.give", "staff:50", '{"role":"secretary"}')],
    staff: [{ staff_id: "50", state: "active", person_id: "60", merchant_id: null, made_at: "1" }],
    staff_role: [{ staff_id: "50", role: "secretary", granted_at: "1767312000000000", granted_by: "9", revoked_at: null, revoked_by: null }],
    resident: [{ person_id: "60", household_id: "70", state: "active" }, { person_id: "61", household_id: "7", state: "active" }],
    kin: [],
    claim: [],
    claim_again: [],
  };
}

/** Runs a whole check at once. */
export function check(zip: Uint8Array): Report {
  const run = new Session(zip).run();
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}

/** The findings of a check, `code file:row`, without the one that this book is not signed. */
export const found = (zip: Uint8Array): string[] =>
  check(zip).findings.filter(({ code }) => code !== "unsigned").map(({ code, file, row }) => `${code} ${file}:${row ?? ""}`);
