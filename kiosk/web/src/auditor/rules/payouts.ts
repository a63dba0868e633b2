// Payouts: every step has its sealed act and, where yuan moved, its posting of exactly that amount; two people each.

import type { Act, Book } from "./book";
import { addTo, factsOf, type Id, listUnder } from "./cells";
import type { Findings } from "./findings";
import type { Placed } from "./pack";

const FILE = "payout.csv";
const EVENTS = "payout_event.csv";

export interface Payouts {
  count: number;
  confirmedFen: number;
}

/** How a step moves the yuan of its payout: out of the shop's payable, or back into it. */
const PAYABLE_STEPS = new Map([
  ["sending", -1],
  ["sent", -1],
  ["failed", 1],
  ["returned", 1],
]);

/** Checks every payout; gives sums over those sent in the days asked about. */
export function checkPayouts(book: Book, findings: Findings): Payouts {
  const events = new Map<Id, Placed[]>();
  for (const placed of book.table("payout_event")) listUnder(events, placed.row["payout_id"] ?? "").push(placed);
  const known = new Set<Id>();
  const perStatement = new Map<Id, number>();
  const sums = { count: 0, confirmedFen: 0 };
  for (const payout of book.table("payout")) {
    const id = payout.row["payout_id"] ?? "";
    known.add(id);
    const steps = (events.get(id) ?? []).sort((one, other) => Number(one.row["event_no"]) - Number(other.row["event_no"]));
    checkPayout(book, findings, payout, steps);
    const amount = Number(payout.row["amount_fen"]);
    if (payout.row["state"] !== "cancelled") addTo(perStatement, payout.row["statement_id"] ?? "", amount);
    if (payout.row["state"] === "confirmed" && wasSentInside(book, steps)) {
      sums.count += 1;
      sums.confirmedFen += amount;
    }
  }
  for (const [id, steps] of events) {
    if (!known.has(id)) findings.fault("payout_missing", EVENTS, steps[0]?.at ?? null, { payout: id });
  }
  checkStatements(book, findings, perStatement);
  checkPaidPostings(book, findings);
  return sums;
}

function checkPayout(book: Book, findings: Findings, { row, at }: Placed, steps: readonly Placed[]): void {
  const id = row["payout_id"] ?? "";
  const amount = row["amount_fen"] ?? "";
  const last = steps[steps.length - 1]?.row;
  if (!last || last["state"] !== row["state"] || last["attempt"] !== row["attempt"]) {
    findings.fault("payout_state", FILE, at, { payout: id, state: row["state"] ?? "", last: last?.["state"] ?? "\u2013" });
  }
  steps.forEach((step, n) => {
    if (step.row["event_no"] !== String(n + 1)) findings.fault("payout_step_gap", EVENTS, step.at, { payout: id });
    checkPosting(book, findings, row["claimant_id"] ?? "", Number(amount), step, id);
  });
  checkActs(book, findings, { row, at }, steps, id);
  if (row["approved_by"] && row["approved_by"] === row["proposed_by"]) findings.fault("same_person", FILE, at, { what: `payout:${id}`, staff: row["approved_by"] ?? "" });
  if (Number(amount) <= 0) findings.fault("payout_amount", FILE, at, { payout: id, amount });
}

/** A step that moved yuan names the posting that did; the amounts are the same. */
function checkPosting(book: Book, findings: Findings, shop: Id, amount: number, { row, at }: Placed, id: Id): void {
  const sign = PAYABLE_STEPS.get(row["state"] ?? "");
  const txn = row["txn_id"] ?? null;
  if (txn === null) return;
  const posting = book.postings.get(txn);
  const isPaid = row["state"] === "confirmed";
  const found = !posting ? null : isPaid ? -bankChange(book, txn) : book.changeOf(posting, "payable", shop);
  const wanted = isPaid ? -amount : (sign ?? 0) * amount;
  if (found !== wanted) findings.fault("payout_posting", EVENTS, at, { payout: id, state: row["state"] ?? "", wanted, found: found ?? "\u2013" });
}

/** What a posting took out of the clearing account towards the bank. */
function bankChange(book: Book, txn: Id): number {
  const posting = book.postings.get(txn);
  return (posting?.lines ?? []).reduce((sum, { debit, credit, amount }) => {
    const isToBank = book.accounts.get(debit)?.kind === "clearing" && book.accounts.get(credit)?.kind === "bank";
    return sum + (isToBank ? amount : 0);
  }, 0);
}

/** Each step has one act of the same state, attempt, time and person, and the acts name the amount. */
function checkActs(book: Book, findings: Findings, { row, at }: Placed, steps: readonly Placed[], id: Id): void {
  const acts = book.actsOn(`payout:${id}`).filter(({ act }) => act === "payout.state");
  const left = [...acts];
  for (const step of steps) {
    const n = left.findIndex((act) => isOf(act, step));
    if (n < 0) findings.fault("payout_act", EVENTS, step.at, { payout: id, state: step.row["state"] ?? "" });
    else left.splice(n, 1);
  }
  for (const act of left) findings.fault("payout_act_extra", "audit.csv", act.at, { payout: id });
  const sealed = acts.map((act) => factsOf(act.after)["amount_fen"]).filter((fen) => fen !== undefined);
  if (sealed.some((fen) => String(fen) !== row["amount_fen"])) findings.fault("payout_amount_sealed", FILE, at, { payout: id, amount: row["amount_fen"] ?? "", sealed: String(sealed[0]) });
}

function isOf(act: Act, { row }: Placed): boolean {
  if (String(act.time) !== row["at"] || act.actor !== row["by_id"]) return false;
  if (act.isErased) return true;
  const facts = factsOf(act.after);
  return facts["state"] === row["state"] && String(facts["attempt"]) === row["attempt"];
}

/** No statement is paid more than it says is owed. */
function checkStatements(book: Book, findings: Findings, paid: ReadonlyMap<Id, number>): void {
  const statements = new Map(book.table("statement").map((placed) => [placed.row["statement_id"] ?? "", placed]));
  for (const [id, fen] of paid) {
    const statement = statements.get(id);
    if (!statement) findings.fault("payout_statement", FILE, null, { statement: id });
    else if (fen > Number(statement.row["payable_fen"])) {
      findings.fault("payout_over", "statement.csv", statement.at, { statement: id, paid: fen, owed: statement.row["payable_fen"] ?? "" });
    }
  }
}

/** Every posting that pays a shop belongs to a payout's step. */
function checkPaidPostings(book: Book, findings: Findings): void {
  const named = new Set(book.table("payout_event").map(({ row }) => row["txn_id"]));
  for (const posting of book.postings.values()) {
    if (["payout", "paid", "payout_failed"].includes(posting.kind) && !named.has(posting.id)) {
      findings.fault("posting_without_payout", "txn.csv", posting.at, { id: posting.id });
    }
  }
}

function wasSentInside(book: Book, steps: readonly Placed[]): boolean {
  return steps.some(({ row }) => {
    const posting = book.postings.get(row["txn_id"] ?? "");
    return posting !== undefined && row["state"] === "confirmed" && book.isInside(posting.date);
  });
}
