// Closing the day: the claim is made from the tablet's own daybook, never from what the server answered.

import { type Batch, type DayLine, readMeta, writeMeta } from "../device/db";
import { withLock } from "../device/locks";
import { keepBatch, listWaiting, send } from "../device/outbox";
import type { ClaimAnswer, ClaimBody } from "../net/types";
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

async function file(till: Till, open: OpenDay): Promise<Batch> {
  const last = (await readMeta(till.store, "last_batch")) ?? 0;
  const batch: Batch = {
    batch_no: last + 1,
    day: open.day,
    opened_at: open.lines[0]?.occurred_at ?? till.now(),
    closed_at: till.now(),
    state: "waiting",
    differences: [],
    refused: null,
  };
  const body: ClaimBody = {
    request_id: uuid7(till.clock.now()),
    business_date: dayText(open.day),
    batch_no: batch.batch_no,
    opened_at: batch.opened_at,
    closed_at: batch.closed_at,
    lines: open.lines,
    totals: open.totals,
  };
  const write = { requestId: body.request_id, path: "/api/v1/claims", body, nowMs: Date.now() };
  await keepBatch(till.store, write, batch, open.lines.map((line) => line.counter));
  const answer = await send<ClaimAnswer>(till.store, till.api, body.request_id, true);
  if (answer) till.hear(answer);
  await till.recount();
  if (answer?.kind !== "refused") return (await till.store.get("batches", batch.batch_no)) ?? batch;
  const expected = Number(answer.refused.facts["expected"]);
  if (answer.refused.code === "claim_batch_gap" && expected > 0 && expected !== batch.batch_no) {
    // A wiped tablet has forgotten how many it filed; the server says which number is next.
    await writeMeta(till.store, "last_batch", expected - 1);
    return file(till, open);
  }
  return { ...batch, state: "refused", refused: answer.refused };
}
