// Closing the day: the claim is made from the tablet's own daybook, never from what the server answered.

import { type Batch, type DayLine, readMeta, type Refused } from "../device/db";
import { deviceKey, sha256, signWith } from "../device/keys";
import { withLock } from "../device/locks";
import { keepBatch, listWaiting, send } from "../device/outbox";
import type { ClaimAnswer, ClaimBody } from "../net/types";
import { type BatchSeal, sealBatch } from "../rules/batch_seal";
import { type ClaimLine, type ClaimTotals, claimTotals } from "../rules/claim";
import { uuid7 } from "../rules/ids";
import { dayText } from "../rules/time";
import { sayWaiting } from "./offline";
import type { Till } from "./till";

export interface OpenDay {
  day: number;
  lines: ClaimLine[];
  totals: ClaimTotals;
}

/** The days that still have lines to file, oldest first. */
export async function openDays(till: Till): Promise<OpenDay[]> {
  const lines = await till.store.getAllFromIndex("daybook", "unfiled", 1);
  const days = [...new Set(lines.map((line) => line.day))].sort((one, other) => one - other);
  return days.map((day) => {
    const own = lines.filter((line) => line.day === day).map(claimLine);
    return { day, lines: own, totals: claimTotals(own) };
  });
}

function claimLine(line: DayLine): ClaimLine {
  return {
    counter: line.counter,
    ref: line.ref,
    kind: line.kind === "refund" || line.kind === "voucher" ? line.kind : "sale",
    original_ref: line.original_ref,
    total_fen: line.total_fen,
    offset_units: line.offset_units,
    offset_fen: line.offset_fen,
    paid_fen: line.paid_fen,
    occurred_at: line.occurred_at,
  };
}

export type Closed = { kind: "filed"; batches: Batch[] } | { kind: "waits"; count: number };

/** Files every open day as one batch each; sales without an answer must get theirs first. */
export function closeDays(till: Till): Promise<Closed> {
  return withLock(till.store, "close", async () => {
    await till.resend();
    const waiting = (await listWaiting(till.store)).length;
    if (waiting > 0) return { kind: "waits", count: waiting };
    await sayWaiting(till);
    const batches: Batch[] = [];
    for (const open of await openDays(till)) batches.push(await file(till, open));
    void till.refresh();
    return { kind: "filed", batches };
  });
}

/** The batch that the next one follows. */
interface Before {
  no: number;
  hash: string;
}

/** This tablet's own last batch; the server's where another tablet filed for this till, or this one has forgotten. */
async function lastBatch(till: Till): Promise<Before> {
  const own = await readMeta(till.store, "last_batch");
  const told = till.view.state?.batch;
  if (own === undefined || (told && told.no > own)) return told ?? { no: 0, hash: "" };
  return { no: own, hash: (await till.store.get("batches", own))?.hash ?? "" };
}

async function file(till: Till, open: OpenDay, told?: Before): Promise<Batch> {
  const before = told ?? (await lastBatch(till));
  const batchNo = before.no + 1;
  const { seal, hash } = await sealOf(till, open, before);
  const batch: Batch = {
    batch_no: batchNo,
    day: open.day,
    opened_at: open.lines[0]?.occurred_at ?? till.now(),
    closed_at: till.now(),
    state: "waiting",
    differences: [],
    refused: null,
    hash,
  };
  const body: ClaimBody = {
    request_id: uuid7(till.clock.now()),
    business_date: dayText(open.day),
    batch_no: batch.batch_no,
    opened_at: batch.opened_at,
    closed_at: batch.closed_at,
    lines: open.lines,
    totals: open.totals,
    seal,
  };
  const write = { requestId: body.request_id, path: "/api/v1/claims", body, nowMs: Date.now() };
  await keepBatch(till.store, write, batch, open.lines.map((line) => line.counter));
  const answer = await send<ClaimAnswer>(till.store, till.api, body.request_id, true);
  if (answer) till.hear(answer);
  await till.recount();
  if (answer?.kind !== "refused") return (await till.store.get("batches", batch.batch_no)) ?? batch;
  const next = told ? null : await serversNext(till, before, answer.refused);
  // A wiped tablet has forgotten how many it filed; the server says which number is next.
  if (next) return file(till, open, next);
  return { ...batch, state: "refused", refused: answer.refused };
}

async function sealOf(till: Till, open: OpenDay, before: Before): Promise<BatchSeal> {
  const terminal = till.view.terminal!;
  const key = await deviceKey(till.store);
  const facts = {
    communityId: terminal.community_id,
    terminalId: terminal.terminal_id,
    batchNo: before.no + 1,
    day: open.day,
    before: before.hash,
    totals: open.totals,
    lines: open.lines,
  };
  return sealBatch(facts, sha256, (message) => signWith(key, message));
}

/** Where the server wants another number than a tablet's that has no batch of its own to go by: what the next one follows. */
async function serversNext(till: Till, before: Before, refused: Refused): Promise<Before | null> {
  const expected = Number(refused.facts["expected"]);
  if (refused.code !== "claim_batch_gap" || !(expected > 0) || expected === before.no + 1) return null;
  if (await till.store.get("batches", before.no)) return null;
  await till.refresh();
  const told = till.view.state?.batch;
  return told?.no === expected - 1 ? told : { no: expected - 1, hash: "" };
}
