// Statements: each adds up to its rows, follows from the book, carries its own digest, and hangs on the one before it.

import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../../rules/bytes";
import { hex } from "../../rules/tlog/base64";
import type { Book, Posting } from "./book";
import { type Id, listUnder } from "./cells";
import type { Findings } from "./findings";
import type { Pack, Placed, Row } from "./pack";
import { pythonJson, type Value, Whole } from "./pyjson";

const FILE = "statement.csv";
const ROWS = "statement_row.csv";
/** Columns the digest leaves out: they change after the statement is issued, or follow from it. */
const NOT_FROZEN = new Set(["statement_id", "digest", "issued_at", "state", "state_at"]);

export interface Statements {
  count: number;
  /** Owed at the end of the last statement of each shop, added up. */
  payableFen: number;
  paidFen: number;
}

/** Checks every statement; gives sums over those of the days asked about. */
export function checkStatements(pack: Pack, book: Book, findings: Findings): Statements {
  const rows = new Map<Id, Placed[]>();
  for (const placed of book.table("statement_row")) listUnder(rows, placed.row["statement_id"] ?? "").push(placed);
  const shops = new Map<Id, Placed[]>();
  for (const placed of book.table("statement")) listUnder(shops, placed.row["claimant_id"] ?? "").push(placed);
  const kinds = pack.manifest.files[FILE]?.kinds ?? [];
  const rowKinds = pack.manifest.files[ROWS]?.kinds ?? [];
  const check = new Check(book, findings, kinds, rowKinds);
  const sums = { count: 0, payableFen: 0, paidFen: 0 };
  for (const statements of shops.values()) {
    statements.sort((one, other) => figure(one.row, "statement_no") - figure(other.row, "statement_no"));
    statements.forEach((statement, n) => check.one(statement, statements[n - 1], rows.get(statement.row["statement_id"] ?? "") ?? []));
    for (const { row } of statements.filter((one) => book.isInside(figure(one.row, "last_date")))) {
      sums.count += 1;
      sums.payableFen += figure(row, "payable_fen");
      sums.paidFen += figure(row, "paid_fen");
    }
  }
  return sums;
}

const figure = (row: Row, column: string): number => Number(row[column] ?? "");
const total = (rows: readonly Placed[], column: string): number => rows.reduce((sum, { row }) => sum + figure(row, column), 0);

class Check {
  private readonly payables = new Map<Id, { posting: Posting; fen: number }[]>();

  constructor(
    private readonly book: Book,
    private readonly findings: Findings,
    private readonly kinds: readonly string[],
    private readonly rowKinds: readonly string[],
  ) {
    for (const posting of book.postings.values()) {
      for (const [owner, fen] of payableChanges(book, posting)) listUnder(this.payables, owner).push({ posting, fen });
    }
  }

  one(statement: Placed, before: Placed | undefined, rows: readonly Placed[]): void {
    const { row, at } = statement;
    const shop = row["claimant_id"] ?? "";
    const facts = { shop, number: row["statement_no"] ?? "", month: row["month"] ?? "" };
    for (const [column, found] of this.reckon(row, rows, shop)) {
      if (figure(row, column) !== found) this.findings.fault("statement_figure", FILE, at, { ...facts, column, written: row[column] ?? "", found });
    }
    if ((row["previous_digest"] ?? "") !== (before?.row["digest"] ?? "")) this.findings.fault("statement_chain", FILE, at, facts);
    if (before && figure(row, "statement_no") !== figure(before.row, "statement_no") + 1) this.findings.fault("statement_gap", FILE, at, facts);
    if (this.digestOf(row, rows) !== row["digest"]) this.findings.fault("statement_digest", FILE, at, facts);
  }

  /** What the head must say, from its own rows and from the book. */
  private *reckon(row: Row, rows: readonly Placed[], shop: Id): Generator<[string, number]> {
    const days = rows.filter((one) => one.row["section"] === "day");
    const adjusted = rows.filter((one) => one.row["section"] === "adjustment");
    const carried = rows.filter((one) => one.row["section"] === "carried");
    yield ["offset_count", total(days, "lines")];
    yield ["offset_units", total(days, "units")];
    yield ["booked_fen_plus", total(days, "plus_fen")];
    yield ["booked_fen_minus", total(days, "minus_fen")];
    yield ["carried_fen", total(carried, "booked_fen")];
    yield ["adjusted_fen_plus", total(adjusted, "plus_fen")];
    yield ["adjusted_fen_minus", total(adjusted, "minus_fen")];
    yield ["settled_fen_plus", figure(row, "settled_fen_minus") + total(days, "settled_fen")];
    yield ["claimed_fen_plus", figure(row, "claimed_fen_minus") + total(days, "claimed_fen")];
    const first = figure(row, "first_date");
    const last = figure(row, "last_date");
    const moves = this.payables.get(shop) ?? [];
    const sum = (isMeant: (posting: Posting) => boolean): number => moves.reduce((all, one) => all + (isMeant(one.posting) ? one.fen : 0), 0);
    const isInside = ({ date }: Posting): boolean => date >= first && date <= last;
    yield ["opening_fen", sum(({ date }) => date < first)];
    yield ["payable_fen", sum(({ date }) => date <= last)];
    yield ["paid_fen", 0 - sum((posting) => isInside(posting) && PAYING.has(posting.kind))];
  }

  /** SHA-256 over head and rows, as the issuing program writes them down. */
  private digestOf(row: Row, rows: readonly Placed[]): string {
    const head: Record<string, Value> = {};
    Object.keys(row).forEach((name, n) => {
      if (!NOT_FROZEN.has(name)) head[name] = cell(row[name] ?? null, this.kinds[n]);
    });
    const lines = rows.map((one) =>
      Object.keys(one.row)
        .map((name, n): [string, Value] => [name, cell(one.row[name] ?? null, this.rowKinds[n])])
        .filter(([name]) => name !== "statement_id" && name !== "row_no")
        .map(([, value]) => value),
    );
    return hex(sha256(utf8(pythonJson({ community: new Whole(this.book.community), head, rows: lines }))));
  }
}

/** Kinds of posting that send money to a shop, or get it back: unpaid, paid in, or where the bank paid another sum. */
const PAYING = new Set(["payout", "payout_failed", "shop_paid_in", "payment_difference"]);

const cell = (value: string | null, kind: string | undefined): Value => (value !== null && kind === "number" ? new Whole(value) : value);

function payableChanges(book: Book, posting: Posting): Map<Id, number> {
  const found = new Map<Id, number>();
  for (const line of posting.lines) {
    for (const [id, sign] of [[line.credit, 1], [line.debit, -1]] as const) {
      const account = book.accounts.get(id);
      if (account?.kind === "payable") found.set(account.owner, (found.get(account.owner) ?? 0) + sign * line.amount);
    }
  }
  return found;
}
