// Claims beside booked offsets, night by night: every line must be settled, wait, or stand in a discrepancy.

import { type Book, keyOf, type Offset, type Posting } from "./book";
import { addTo, CellFault, type Id, listUnder, text, whole, wholeOrNull } from "./cells";
import type { Findings } from "./findings";
import type { Pack, Placed } from "./pack";

const CLAIM = "claim.csv";
const OFFSET = "offset_booked.csv";
const RUN = "night_run.csv";
const TOTAL = "night_total.csv";
const DISCREPANCY = "discrepancy.csv";
const MATCHED = new Set(["matched", "blocked"]);
/** What a claim without a booking of its own may be called. */
const UNBOOKED = ["X1", "X5", "S2", "S3", "T1", "A1", "A2", "A3", "A4", "A5"];
const SETTLED = new Set(["settled", "audit_failed", "locked"]);

interface Run {
  no: number;
  at: number;
  day: number;
  first: number;
  end: number;
  /** Its shops are settled: its postings must be there. */
  isSettled: boolean;
}

interface Claim {
  at: number;
  claimant: Id;
  ref: string;
  units: number;
  fen: number;
  run: number;
}

interface Totals {
  bookedCount: number;
  bookedFenPlus: number;
  bookedFenMinus: number;
  claimedCount: number;
  claimedFenPlus: number;
  claimedFenMinus: number;
  settledUnitsPlus: number;
  settledUnitsMinus: number;
  settledFenPlus: number;
  settledFenMinus: number;
}

const COLUMNS: readonly (readonly [keyof Totals, string])[] = [
  ["bookedCount", "booked_count"],
  ["bookedFenPlus", "booked_fen_plus"],
  ["bookedFenMinus", "booked_fen_minus"],
  ["claimedCount", "claimed_count"],
  ["claimedFenPlus", "claimed_fen_plus"],
  ["claimedFenMinus", "claimed_fen_minus"],
  ["settledUnitsPlus", "settled_units_plus"],
  ["settledUnitsMinus", "settled_units_minus"],
  ["settledFenPlus", "settled_fen_plus"],
  ["settledFenMinus", "settled_fen_minus"],
];

const noTotals = (): Totals => ({
  bookedCount: 0, bookedFenPlus: 0, bookedFenMinus: 0, claimedCount: 0, claimedFenPlus: 0, claimedFenMinus: 0,
  settledUnitsPlus: 0, settledUnitsMinus: 0, settledFenPlus: 0, settledFenMinus: 0,
});

/** Sums over all nights, for the verdict. */
export interface Nights {
  runs: number;
  lastDay: number;
  offsets: number;
  claims: number;
}

/** Judges every offset and claim of finished nights anew, and holds the nights' totals and postings against it. */
export function* checkNights(pack: Pack, book: Book, findings: Findings): Generator<void, Nights> {
  const night = new Reckoning(book, findings);
  let claims = 0;
  for (const placed of pack.rows("claim")) {
    night.claim(placed);
    claims += 1;
    if (claims % 2_000 === 0) yield;
  }
  for (const placed of pack.rows("claim_again")) night.again(placed);
  yield* night.settleAll();
  night.compareTotals();
  night.compareDecisions();
  night.compareOffsetAccounts();
  return { runs: night.runs.length, lastDay: night.runs[night.runs.length - 1]?.day ?? 0, offsets: book.offsets.length, claims };
}

/** One amount agrees and the other is off by a fen: somebody rounded, and the booked figure stands. */
const isRounded = (claim: Claim, offset: Offset): boolean => claim.units === offset.units && Math.abs(claim.fen - offset.fen) === 1;

class Reckoning {
  readonly runs: Run[];
  private readonly byNumber: ReadonlyMap<number, Run>;
  private readonly batchRun = new Map<Id, number | null>();
  private readonly claims = new Map<string, Claim>();
  private readonly discrepancies = new Map<string, Placed[]>();
  private readonly waiting = new Map<string, Placed>();
  private readonly totals = new Map<string, Totals>();
  /** A claim whose own reference names no booking, and the one booking a night joined it with. */
  private readonly pairings = new Map<string, { ref: string; run: number }>();

  constructor(
    private readonly book: Book,
    private readonly findings: Findings,
  ) {
    this.runs = book
      .table("night_run")
      .filter(({ row }) => MATCHED.has(row["state"] ?? "") || SETTLED.has(row["state"] ?? ""))
      .map(({ row, at }) => ({
        no: whole(row, "run_no"),
        at,
        day: whole(row, "business_date"),
        first: whole(row, "first_leaf"),
        end: whole(row, "end_leaf"),
        isSettled: SETTLED.has(row["state"] ?? ""),
      }))
      .sort((one, other) => one.no - other.no);
    this.byNumber = new Map(this.runs.map((run) => [run.no, run]));
    for (const { row } of book.table("claim_batch")) this.batchRun.set(row["batch_id"] ?? "", wholeOrNull(row, "run_no"));
    for (const placed of book.table("discrepancy")) {
      listUnder(this.discrepancies, keyOf(placed.row["claimant_id"] ?? "", placed.row["ref"] ?? "")).push(placed);
    }
    for (const placed of book.table("open_item")) this.waiting.set(keyOf(placed.row["claimant_id"] ?? "", placed.row["ref"] ?? ""), placed);
    for (const { row } of book.table("claim_pairing")) {
      this.pairings.set(keyOf(row["claimant_id"] ?? "", row["ref"] ?? ""), { ref: row["booked_ref"] ?? "", run: Number(row["run_no"]) });
    }
    this.checkRanges();
  }

  /** Each night begins in the order where the one before it ended. */
  private checkRanges(): void {
    let end = 0;
    for (const run of this.runs) {
      if (run.first !== end || run.end < run.first) this.findings.fault("night_range", RUN, run.at, { day: run.day, wanted: end, found: run.first });
      end = run.end;
    }
  }

  private of(run: number, claimant: Id): Totals {
    const key = `${run} ${claimant}`;
    let totals = this.totals.get(key);
    if (!totals) this.totals.set(key, (totals = noTotals()));
    return totals;
  }

  private named(claimant: Id, ref: string, ...codes: string[]): Placed | undefined {
    return this.discrepancies.get(keyOf(claimant, ref))?.find(({ row }) => codes.includes(row["code"] ?? ""));
  }

  claim({ row, at }: Placed): void {
    try {
      const batch = text(row, "batch_id");
      const run = this.batchRun.get(batch);
      if (run === undefined) this.findings.fault("claim_batch_missing", CLAIM, at, { batch });
      const filed = run ?? 0;
      const claimant = text(row, "claimant_id");
      const written = text(row, "ref");
      const meant = this.pairings.get(keyOf(claimant, written));
      const claim = { at, claimant, ref: meant?.ref ?? written, units: whole(row, "units"), fen: whole(row, "fen"), run: Math.max(filed, meant?.run ?? 0) };
      if (filed === 0) return;
      this.claims.set(keyOf(claim.claimant, claim.ref), claim);
      const totals = this.of(filed, claim.claimant);
      totals.claimedCount += 1;
      totals.claimedFenPlus += Math.max(claim.fen, 0);
      totals.claimedFenMinus += Math.max(-claim.fen, 0);
      this.compare(claim);
    } catch (error) {
      if (!(error instanceof CellFault)) throw error;
      this.findings.fault("cell_bad", CLAIM, at, { column: error.column, value: error.value });
    }
  }

  /** A claim agrees with its offset, or a discrepancy says that it does not. */
  private compare(claim: Claim): void {
    const run = this.byNumber.get(claim.run);
    if (!run) return;
    const offset = this.book.offset(claim.claimant, claim.ref);
    const facts = { ref: claim.ref, claimed: claim.fen, booked: offset?.fen ?? "\u2013" };
    if (!offset || offset.leaf < 0 || offset.leaf >= run.end) {
      if (!this.named(claim.claimant, claim.ref, ...UNBOOKED)) this.findings.fault("claim_without_offset", CLAIM, claim.at, facts);
      return;
    }
    if (claim.fen === offset.fen && claim.units === offset.units) return;
    const isJudged = this.runs.some(({ no, day, end }) => no >= claim.run && offset.leaf < end && offset.date <= day);
    if (isJudged && !this.named(claim.claimant, claim.ref, "V1", "V2", "V3", "V4")) this.findings.fault("claim_differs", CLAIM, claim.at, facts);
  }

  /** A second claim of a receipt is never paid without being named. */
  again({ row, at }: Placed): void {
    const run = this.batchRun.get(row["batch_id"] ?? "");
    const isFinished = run !== null && run !== undefined && this.byNumber.has(run);
    if (isFinished && !this.named(row["claimant_id"] ?? "", row["ref"] ?? "", "X3")) {
      this.findings.fault("claim_again", "claim_again.csv", at, { ref: row["ref"] ?? "" });
    }
  }

  /** The night in whose range a place of the order lies; nights follow one another in it. */
  private runOf(leaf: number): Run | undefined {
    let low = 0;
    let high = this.runs.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.runs[middle]!.end <= leaf) low = middle + 1;
      else high = middle;
    }
    const run = this.runs[low];
    return run && leaf >= run.first ? run : undefined;
  }

  /** Adds every offset to the night that settled it. */
  *settleAll(): Generator<void> {
    let count = 0;
    for (const offset of this.book.offsets) {
      const run = this.runOf(offset.leaf);
      if (run) this.settle(offset, run);
      count += 1;
      if (count % 2_000 === 0) yield;
    }
  }

  private settle(offset: Offset, run: Run): void {
    const totals = this.of(run.no, offset.claimant);
    totals.bookedCount += 1;
    totals.bookedFenPlus += Math.max(offset.fen, 0);
    totals.bookedFenMinus += Math.max(-offset.fen, 0);
    const item = this.waiting.get(keyOf(offset.claimant, offset.ref));
    if (item && item.row["opened_run"] === String(run.no)) {
      this.checkItem(offset, item);
      if (item.row["closed_by"] === "claimed") this.addSettled(offset, Number(item.row["closed_run"]));
      return;
    }
    const claim = this.claims.get(keyOf(offset.claimant, offset.ref));
    const isNetted = this.named(offset.claimant, offset.ref, "S1") !== undefined;
    if (offset.date > run.day || (!(claim && claim.run <= run.no) && !isNetted)) {
      this.findings.fault("offset_lost", OFFSET, offset.at, { ref: offset.ref, fen: offset.fen, day: run.day });
      return;
    }
    this.addSettled(offset, run.no);
  }

  private checkItem(offset: Offset, { row, at }: Placed): void {
    if (row["units"] === String(offset.units) && row["fen"] === String(offset.fen) && row["txn_id"] === offset.txn) return;
    this.findings.fault("item_other", "open_item.csv", at, { ref: offset.ref, fen: row["fen"] ?? "", booked: offset.fen });
  }

  /** What an offset settles beside its claim: the booked figure, unless the shop claimed less for a sale. */
  private addSettled(offset: Offset, run: number): void {
    const claim = this.claims.get(keyOf(offset.claimant, offset.ref));
    const isLess = claim !== undefined && claim.run <= run && offset.fen > 0 && claim.fen < offset.fen && !isRounded(claim, offset);
    const fen = isLess ? Math.max(claim.fen, 0) : offset.fen;
    const units = isLess ? Math.floor((offset.units * fen) / offset.fen) : offset.units;
    const totals = this.of(run, offset.claimant);
    totals.settledUnitsPlus += Math.max(units, 0);
    totals.settledUnitsMinus += Math.max(-units, 0);
    totals.settledFenPlus += Math.max(fen, 0);
    totals.settledFenMinus += Math.max(-fen, 0);
  }

  /** A night's own totals are what was just reckoned, and its postings moved exactly that. */
  compareTotals(): void {
    const finished = new Map(this.runs.map((run) => [String(run.no), run]));
    for (const { row, at } of this.book.table("night_total")) {
      const run = row["run_no"] ?? "";
      const night = finished.get(run);
      if (!night) continue;
      const claimant = row["claimant_id"] ?? "";
      const totals = this.totals.get(`${run} ${claimant}`) ?? noTotals();
      this.totals.delete(`${run} ${claimant}`);
      for (const [name, column] of COLUMNS) {
        if (row[column] !== String(totals[name])) {
          this.findings.fault("total_other", TOTAL, at, { run, claimant, column, written: row[column] ?? "", found: totals[name] });
        }
      }
      const id = row["txn_id"] ?? null;
      if (night.isSettled || id !== null) this.comparePosting(id, at, claimant, totals);
    }
    for (const [key, totals] of this.totals) {
      const [run = "", claimant = ""] = key.split(" ");
      const isSomething = Object.values(totals).some((value) => value !== 0);
      if (isSomething && finished.has(run)) this.findings.fault("total_missing", TOTAL, null, { run, claimant });
    }
  }

  private comparePosting(id: Id | null, at: number, claimant: Id, totals: Totals): void {
    const wanted = totals.settledFenPlus - totals.settledFenMinus;
    const posting = id === null ? undefined : this.book.postings.get(id);
    const found = posting ? this.book.changeOf(posting, "payable", claimant) : 0;
    const units = posting ? -this.book.changeOf(posting, "offset", claimant) : 0;
    if (found !== wanted || units !== totals.settledUnitsPlus - totals.settledUnitsMinus) this.findings.fault("settle_other", TOTAL, at, { claimant, wanted, found, txn: id ?? "\u2013" });
  }

  /** What decisions say they added to a shop's payable is what their postings added. */
  compareDecisions(): void {
    const sums = new Map<Id, number>();
    const first = new Map<Id, Placed>();
    for (const placed of this.book.table("discrepancy")) {
      const id = placed.row["posted_txn"] ?? null;
      if (id === null) continue;
      addTo(sums, id, Number(placed.row["posted_fen"]));
      if (!first.has(id)) first.set(id, placed);
    }
    for (const [id, wanted] of sums) {
      const { row, at } = first.get(id)!;
      const posting = this.book.postings.get(id);
      const found = posting ? this.book.changeOf(posting, "payable", row["claimant_id"] ?? "") : null;
      if (found !== wanted) this.findings.fault("decision_other", DISCREPANCY, at, { number: row["discrepancy_no"] ?? "", wanted, found: found ?? "\u2013" });
    }
  }

  /** The points that lie with a shop are those of its offsets that no night and no decision has settled. */
  compareOffsetAccounts(): void {
    const settled = new Map<Id, number>();
    for (const { row } of this.book.table("night_total")) {
      if (row["txn_id"]) addTo(settled, row["claimant_id"] ?? "", Number(row["settled_units_plus"]) - Number(row["settled_units_minus"]));
    }
    const booked = new Map<Id, number>();
    for (const offset of this.book.offsets) addTo(booked, offset.claimant, offset.units);
    const decided = this.decidedUnits();
    for (const account of this.book.accounts.values()) {
      if (account.kind !== "offset") continue;
      const { owner } = account;
      const wanted = (booked.get(owner) ?? 0) - (settled.get(owner) ?? 0) - (decided.get(owner) ?? 0);
      const found = this.book.sum(account.id);
      if (found !== wanted) this.findings.fault("offset_account", "account.csv", account.at, { claimant: owner, wanted, found });
    }
  }

  /** Points that postings other than nights, sales and refunds took out of shops' accounts: decisions. */
  private decidedUnits(): Map<Id, number> {
    const others = new Set(this.book.table("night_total").map(({ row }) => row["txn_id"]));
    for (const offset of this.book.offsets) others.add(offset.txn);
    const found = new Map<Id, number>();
    for (const posting of this.book.postings.values()) {
      if (others.has(posting.id)) continue;
      for (const [claimant, units] of this.takenBy(posting)) addTo(found, claimant, units);
    }
    return found;
  }

  private *takenBy(posting: Posting): Generator<[Id, number]> {
    for (const line of posting.lines) {
      const from = this.book.accounts.get(line.debit);
      const to = this.book.accounts.get(line.credit);
      if (from?.kind === "offset") yield [from.owner, line.amount];
      if (to?.kind === "offset") yield [to.owner, -line.amount];
    }
  }
}
