// The journal, row by row: every entry is written anew as its leaf says, and what later checks need is gathered.

import { actCommitment, actEntry, txnEntry } from "../../rules/tlog/entry";
import { leafHash } from "../../rules/tlog/tree";
import type { Book, Line, Posting } from "./book";
import { addTo, CellFault, compareIds, type Id, text, textOrNull, whole, wholeOrNull } from "./cells";
import type { Findings } from "./findings";
import type { Order } from "./order";
import type { Pack, Placed, Row } from "./pack";

const TXN = "txn.csv";
const TRANSFER = "transfer.csv";
const OFFSET = "offset_booked.csv";
const AUDIT = "audit.csv";
const SLICE = 500;
/** Kinds of account whose lines later checks add up by posting. */
const MONEY = new Set(["payable", "clearing", "bank", "returns", "fund"]);
const BY_HAND = new Set(["issued_deed", "issued_grant"]);

interface Entry {
  txn: Placed;
  transfers: Placed[];
  offset: Placed | null;
}

/** Reads txn.csv, transfer.csv and offset_booked.csv side by side. */
export function* readPostings(pack: Pack, order: Order, book: Book, findings: Findings): Generator<void> {
  const reader = new Journal(order, book, findings);
  let count = 0;
  for (const entry of entries(pack, findings)) {
    reader.take(entry);
    count += 1;
    if (count % SLICE === 0) yield;
  }
}

/** All three files are sorted by txn_id, so each needs to be read only once. */
function* entries(pack: Pack, findings: Findings): Generator<Entry> {
  const transfers = new Side(pack, "transfer", findings);
  const offsets = new Side(pack, "offset_booked", findings);
  let last = "";
  for (const txn of pack.rows("txn")) {
    const id = txn.row["txn_id"] ?? "";
    if (last !== "" && compareIds(id, last) <= 0) findings.fault("order", TXN, txn.at, { id });
    last = id;
    const [offset = null] = offsets.of(id);
    yield { txn, transfers: transfers.of(id), offset };
  }
  transfers.end();
  offsets.end();
}

/** One of the two files beside txn.csv. */
class Side {
  private readonly rows: Generator<Placed>;
  private next: Placed | undefined;
  private readonly file: string;

  constructor(
    pack: Pack,
    table: string,
    private readonly findings: Findings,
  ) {
    this.rows = pack.rows(table);
    this.file = `${table}.csv`;
    this.step();
  }

  private step(): void {
    this.next = this.rows.next().value as Placed | undefined;
  }

  /** The rows of a posting; rows of numbers in between belong to no posting at all. */
  of(id: Id): Placed[] {
    const found: Placed[] = [];
    while (this.next) {
      const step = compareIds(this.next.row["txn_id"] ?? "", id);
      if (step > 0) break;
      if (step === 0) found.push(this.next);
      else this.orphan(this.next);
      this.step();
    }
    return found;
  }

  end(): void {
    for (; this.next; this.step()) this.orphan(this.next);
  }

  private orphan({ row, at }: Placed): void {
    this.findings.fault("row_without_posting", this.file, at, { id: row["txn_id"] ?? "" });
  }
}

class Journal {
  constructor(
    private readonly order: Order,
    private readonly book: Book,
    private readonly findings: Findings,
  ) {}

  take({ txn, transfers, offset }: Entry): void {
    const id = txn.row["txn_id"] ?? "";
    const place = this.seal(txn, transfers, offset, id);
    try {
      const lines = transfers.map((placed) => this.line(placed));
      const date = whole(txn.row, "business_date");
      const isInside = this.book.isInside(date);
      if (isInside) addTo(this.book.kinds, text(txn.row, "kind"), 1);
      for (const line of lines) {
        this.book.move(line);
        if (isInside) this.book.flow(line);
      }
      this.keep(txn, lines, date, id, place, offset !== null);
      if (offset) this.keepOffset(txn.row, offset, id, place);
    } catch (error) {
      if (!(error instanceof CellFault)) throw error;
      this.findings.fault("cell_bad", TXN, txn.at, { column: error.column, value: error.value });
    }
  }

  private seal(txn: Placed, transfers: Placed[], offset: Placed | null, id: Id): number {
    const rows = transfers.map(({ row }) => row);
    let hash: Uint8Array<ArrayBuffer>;
    try {
      hash = leafHash(txnEntry({ ...txn.row, community_id: this.book.community }, rows, offset?.row ?? null));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.findings.fault("columns", TXN, txn.at, { why: error.message });
      return -1;
    }
    const { place, is } = this.order.take(id, hash, false);
    if (is === "unknown") this.findings.fault("entry_no_place", TXN, txn.at, { id });
    if (is === "altered") {
      const kind = txn.row["kind"] ?? "";
      const lines = transfers.map(({ at }) => at);
      const facts = { id, kind, place, transfers: span(lines), offset: offset ? String(offset.at) : "" };
      this.findings.fault("entry_altered", TXN, txn.at, facts);
    }
    return place;
  }

  private line({ row, at }: Placed): Line {
    const line = {
      commodity: whole(row, "commodity"),
      debit: text(row, "debit_id"),
      credit: text(row, "credit_id"),
      amount: whole(row, "amount"),
    };
    const isMoving = line.amount > 0 && line.debit !== line.credit;
    if (!isMoving) this.findings.fault("line_moves_nothing", TRANSFER, at, { id: row["txn_id"] ?? "" });
    for (const id of [line.debit, line.credit]) {
      const account = this.book.accounts.get(id);
      if (!account) this.findings.fault("account_unknown", TRANSFER, at, { id });
      else if (account.commodity !== line.commodity) {
        this.findings.fault("commodity_other", TRANSFER, at, { id, account: account.commodity, line: line.commodity });
      }
    }
    return line;
  }

  private keep(txn: Placed, lines: Line[], date: number, id: Id, leaf: number, isOffset: boolean): void {
    const { row, at } = txn;
    const isLookedAt = lines.some(({ debit, credit }) => {
      const kinds = [debit, credit].map((one) => this.book.accounts.get(one)?.kind ?? "");
      return kinds.some((kind) => MONEY.has(kind) || (kind === "offset" && !isOffset)) || BY_HAND.has(kinds[0] ?? "");
    });
    if (!isLookedAt) return;
    const posting: Posting = {
      id,
      at,
      kind: text(row, "kind"),
      date,
      correctsDate: wholeOrNull(row, "corrects_date"),
      merchant: textOrNull(row, "merchant_id"),
      staff: textOrNull(row, "staff_id"),
      occurredAt: whole(row, "occurred_at"),
      leaf,
      lines,
    };
    this.book.postings.set(id, posting);
  }

  private keepOffset(txn: Row, { row, at }: Placed, id: Id, leaf: number): void {
    const offset = {
      txn: id,
      at,
      claimant: text(row, "claimant_id"),
      ref: text(row, "ref"),
      kind: text(row, "kind"),
      originalRef: textOrNull(row, "original_ref"),
      units: whole(row, "units"),
      fen: whole(row, "fen"),
      unitsPerFen: whole(row, "units_per_fen"),
      date: whole(row, "business_date"),
      leaf,
    };
    if (!this.book.addOffset(offset)) this.findings.fault("offset_twice", OFFSET, at, { ref: offset.ref });
    // A voucher's fen are what its provider's contract names, not what its points are worth.
    if (offset.kind === "voucher") return;
    const isRight = offset.units === offset.fen * offset.unitsPerFen && (wholeOrNull(txn, "units_per_fen") ?? offset.unitsPerFen) === offset.unitsPerFen;
    if (!isRight) {
      this.findings.fault("offset_rate", OFFSET, at, { ref: offset.ref, units: offset.units, fen: offset.fen, rate: offset.unitsPerFen });
    }
    this.book.addRate(text(txn, "scheme_version"), offset.unitsPerFen, at);
  }
}

const span = (rows: readonly number[]): string =>
  rows.length === 0 ? "" : rows.length === 1 ? String(rows[0]) : `${rows[0]}\u2013${rows[rows.length - 1]}`;

/** Reads audit.csv: who did what. An erased act keeps what its leaf was made of. */
export function* readActs(pack: Pack, order: Order, book: Book, findings: Findings): Generator<void> {
  for (const { row, at } of pack.rows("audit")) {
    const id = row["audit_id"] ?? "";
    const kept = row["commitment"] ?? null;
    const commitment = kept || actCommitment(row["salt"] ?? "", row["before"] ?? "", row["after"] ?? "");
    try {
      const entry = actEntry({ ...row, community_id: book.community }, commitment);
      const { place, is } = order.take(id, leafHash(entry), true);
      if (is === "unknown") findings.fault("entry_no_place", AUDIT, at, { id });
      if (is === "altered") findings.fault("act_altered", AUDIT, at, { id, act: row["act"] ?? "", place });
      book.addAct({
        id,
        at,
        time: whole(row, "at"),
        actorKind: text(row, "actor_kind"),
        actor: text(row, "actor_id"),
        act: text(row, "act"),
        subject: text(row, "subject"),
        before: row["before"] ?? "",
        after: row["after"] ?? "",
        isErased: Boolean(kept),
      });
    } catch (error) {
      if (error instanceof CellFault) findings.fault("cell_bad", AUDIT, at, { column: error.column, value: error.value });
      else if (error instanceof RangeError) findings.fault("columns", AUDIT, at, { why: error.message });
      else throw error;
    }
    if (at % SLICE === 0) yield;
  }
}
