// Shifts: opened on what the last closing left, closed with a count; each entry signed, chained, and sent when it can be.

import { readMeta, writeMeta } from "../device/db";
import { deviceKey, sha256, signWith } from "../device/keys";
import { withLock } from "../device/locks";
import { listWaiting } from "../device/outbox";
import { uuid7 } from "../rules/ids";
import { signShift } from "../rules/shift_line";
import { expectedCash, type ShiftHead, type ShiftSums, shiftSums } from "../rules/shift_sums";
import type { Till } from "./till";

export interface ShiftEntry {
  n: number;
  kind: "open" | "close";
  shift_no: number;
  clerk_label: string;
  at: string;
  first_counter: number;
  last_counter: number;
  expected_fen: number;
  counted_fen: number;
  taken_fen: number;
  expected_slips: number;
  counted_slips: number;
  /** A closing's figures for its slip. */
  sums: ShiftSums | null;
  opened_at: string;
  opened_fen: number;
  line: string;
  hash: string;
  sent: boolean;
  /** Why the server does not take it; it stays and stands on the screen. */
  refused: { code: string; zh: string; en: string } | null;
}

export interface ShiftBook {
  head: ShiftHead | null;
  entries: ShiftEntry[];
}

/** As many openings and closings as a till keeps: a month of three shifts a day. */
const KEPT = 200;

export const readShifts = async (till: Till): Promise<ShiftBook> => (await readMeta(till.store, "shifts")) ?? { head: null, entries: [] };

/** The shift as it stands: what the next count is compared with. */
export interface Standing {
  isOpen: boolean;
  shiftNo: number;
  /** What the last entry left in the drawer, in fen; null before the first shift. */
  leftFen: number | null;
  openedAt: string;
}

export async function standing(till: Till): Promise<Standing> {
  const head = await headOf(till);
  if (!head) return { isOpen: false, shiftNo: 1, leftFen: null, openedAt: "" };
  const book = await readShifts(till);
  const opening = book.entries.find((entry) => entry.n === head.entry_no);
  return { isOpen: head.is_open, shiftNo: head.shift_no + (head.is_open ? 0 : 1), leftFen: head.left_fen, openedAt: opening?.at ?? "" };
}

/** The newest entry: this tablet's own, else the one the server has from the tablet before it. */
async function headOf(till: Till): Promise<ShiftHead | null> {
  const own = (await readShifts(till)).head;
  const told = till.view.state?.shift ?? null;
  return told && (!own || told.entry_no > own.entry_no) ? told : own;
}

export function openShift(till: Till, countedFen: number): Promise<ShiftEntry> {
  return withLock(till.store, "shift", async () => {
    const head = await headOf(till);
    if (head?.is_open) throw new Error("a shift is open already");
    const expected = head ? head.left_fen : countedFen;
    const made = { kind: "open" as const, expected_fen: expected, counted_fen: countedFen, taken_fen: 0, first_counter: 0, last_counter: head?.last_counter ?? 0, expected_slips: 0, counted_slips: 0, sums: null };
    return keepEntry(till, head, (head?.shift_no ?? 0) + 1, made);
  });
}

export type CloseAnswer = { kind: "closed"; entry: ShiftEntry } | { kind: "waits"; count: number };

/** Closes the open shift over every receipt since the last closing; while one waits for the server it stays open. */
export function closeShift(till: Till, count: { cashFen: number; slips: number; takenFen: number }): Promise<CloseAnswer> {
  return withLock(till.store, "shift", async () => {
    await till.resend();
    const waiting = (await listWaiting(till.store)).length;
    if (waiting > 0) return { kind: "waits", count: waiting };
    const head = await headOf(till);
    if (!head?.is_open) throw new Error("no shift is open");
    const { sums, last } = await sumsSince(till, head.last_counter, (await standing(till)).openedAt);
    const made = {
      kind: "close" as const,
      expected_fen: expectedCash(head.opened_fen, sums),
      counted_fen: count.cashFen,
      taken_fen: count.takenFen,
      first_counter: head.last_counter + 1,
      last_counter: last,
      expected_slips: sums.slips,
      counted_slips: count.slips,
      sums,
    };
    return { kind: "closed", entry: await keepEntry(till, head, head.shift_no, made) };
  });
}

/** What was rung up after the receipt `counter`; what was sold before the opening lay in the drawer when it was counted. */
export async function sumsSince(till: Till, counter: number, openedAt: string): Promise<{ sums: ShiftSums; last: number }> {
  const lines = await till.store.getAll("daybook", IDBKeyRange.lowerBound(counter, true));
  const known = new Map((await till.store.getAll("daybook")).map((line) => [line.ref, line.channel]));
  const last = lines.reduce((most, line) => Math.max(most, line.counter), counter);
  const openedMs = openedAt === "" ? -Infinity : Date.parse(openedAt);
  const ofShift = lines.filter((line) => Date.parse(line.occurred_at) >= openedMs);
  return { sums: shiftSums(ofShift, (ref) => known.get(ref) ?? null), last };
}

type Made = Pick<ShiftEntry, "kind" | "expected_fen" | "counted_fen" | "taken_fen" | "first_counter" | "last_counter" | "expected_slips" | "counted_slips" | "sums">;

async function keepEntry(till: Till, head: ShiftHead | null, shiftNo: number, made: Made): Promise<ShiftEntry> {
  const terminal = till.view.terminal!;
  const key = await deviceKey(till.store);
  const n = (head?.entry_no ?? 0) + 1;
  const atMs = Math.round(till.clock.now());
  const facts = {
    communityId: terminal.community_id,
    terminalId: terminal.terminal_id,
    n,
    before: head?.hash ?? "",
    requestId: uuid7(atMs),
    kind: made.kind,
    shiftNo,
    clerkId: till.view.clerk?.clerk_id ?? "",
    atMs,
    firstCounter: made.first_counter,
    lastCounter: made.last_counter,
    expectedFen: made.expected_fen,
    countedFen: made.counted_fen,
    takenFen: made.taken_fen,
    expectedSlips: made.expected_slips,
    countedSlips: made.counted_slips,
  };
  const { line, hash } = await signShift(facts, sha256, (message) => signWith(key, message));
  const opening = made.kind === "close" ? await standing(till) : null;
  const entry: ShiftEntry = {
    ...made,
    n,
    shift_no: shiftNo,
    clerk_label: till.view.clerk?.label ?? "",
    at: till.now(),
    opened_at: opening?.openedAt ?? "",
    opened_fen: head?.opened_fen ?? made.counted_fen,
    line,
    hash,
    sent: false,
    refused: null,
  };
  const next: ShiftHead = {
    entry_no: n,
    hash,
    shift_no: shiftNo,
    is_open: made.kind === "open",
    left_fen: made.counted_fen - made.taken_fen,
    last_counter: made.last_counter,
    opened_fen: made.counted_fen,
  };
  const book = await readShifts(till);
  await writeMeta(till.store, "shifts", { head: next, entries: [...book.entries, entry].slice(-KEPT) });
  await sendShifts(till);
  return (await readShifts(till)).entries.find((one) => one.n === n) ?? entry;
}

/** Sends what the server does not have yet, in order; stops at the first without an answer. */
export async function sendShifts(till: Till): Promise<void> {
  for (let book = await readShifts(till); ; book = await readShifts(till)) {
    const entry = book.entries.find((one) => !one.sent && one.refused === null);
    if (!entry) return;
    const answer = await till.api.post<object>("/api/v1/shifts", { line: entry.line });
    till.hear(answer);
    if (answer.kind === "unanswered") return;
    const expected = answer.kind === "refused" && answer.refused.code === "shift_gap" ? Number(answer.refused.facts["expected"]) : 0;
    // A book that was put back lacks entries it had: they are sent again, as long as this tablet holds them.
    const behind = expected > 0 && expected < entry.n && book.entries.some((one) => one.n === expected);
    await change(till, (one) => {
      if (behind && one.n >= expected) return { ...one, sent: false };
      if (one.n !== entry.n) return one;
      return answer.kind === "ok" ? { ...one, sent: true } : { ...one, refused: answer.refused };
    });
  }
}

async function change(till: Till, make: (entry: ShiftEntry) => ShiftEntry): Promise<void> {
  const tx = till.store.transaction("meta", "readwrite", { durability: "strict" });
  const book = (await tx.store.get("shifts")) as ShiftBook | undefined;
  if (book) await tx.store.put({ ...book, entries: book.entries.map(make) }, "shifts");
  await tx.done;
}
