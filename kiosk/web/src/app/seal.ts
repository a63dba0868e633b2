// The till as a witness: it follows the community's log, keeps what does not fit, and tells the office. It never stops
// selling over it: a resident's bread must not wait for a quarrel about the book.

import { type DayLine, readMeta, type SealAlarm, writeMeta } from "../device/db";
import { withLock } from "../device/locks";
import type { SealCode } from "../net/types";
import { uuid7 } from "../rules/ids";
import { followPath } from "../rules/tlog/follow_path";
import type { Evidence, LogKept, LogOffer } from "../rules/tlog/witness";
import type { Till } from "./till";

/** More than this a till does not keep: each is a whole note, and the first ones tell the story. */
const MOST_ALARMS = 20;

/** Asks where the log stands and takes the step, or keeps the evidence. Two tabs never step at once. */
export async function followSeal(till: Till): Promise<void> {
  const issuer = till.view.terminal?.issuer;
  if (!issuer) return;
  await withLock(till.store, "seal", async () => {
    // After a declared loss the till stands at an earlier head, and asks once more from there.
    if (await takeStep(till, issuer)) await takeStep(till, issuer);
  });
  await reportAlarms(till);
  await till.showSeal();
}

/** One question and what follows from it; true where the till went back and must ask again. */
async function takeStep(till: Till, issuer: string): Promise<boolean> {
  const before = await readMeta(till.store, "log");
  const answer = await till.api.get<LogOffer>(followPath(issuer, before ?? null));
  if (answer.kind !== "ok" || (!before && answer.value.origin === null)) return false;
  const { followLog, pinLog } = await import("../rules/tlog/witness");
  const pinned = before ?? pinLog(answer.value.origin ?? "", answer.value.keys);
  const { kept, fault, recovered } = followLog(pinned, answer.value);
  const alarms = (await readMeta(till.store, "seal_alarms")) ?? [];
  await writeMeta(till.store, "log", kept);
  await writeMeta(till.store, "seal_alarms", fault ? withFault(till, alarms, fault, recovered !== undefined) : allOver(till, alarms));
  if (recovered) await writeMeta(till.store, "recovery", { day: recovered.date, seen: false });
  return recovered !== undefined;
}

/** Pins the keys of the community at its office; a log that is followed already stays as it is. */
export async function pinSeal(till: Till, log: { origin: string; keys: string[] } | null | undefined): Promise<void> {
  const before = await readMeta(till.store, "log");
  if (!log || before?.origin === log.origin) return;
  const { pinLog } = await import("../rules/tlog/witness");
  await writeMeta(till.store, "log", pinLog(log.origin, log.keys));
}

/** A loss the community declared itself is kept like every other alarm, but the office need not be told of it. */
function withFault(till: Till, alarms: SealAlarm[], fault: Evidence, declared: boolean): SealAlarm[] {
  const known = alarms.some((one) => one.over_at === null && one.why === fault.why && one.offered === fault.offered);
  if (known || alarms.length >= MOST_ALARMS) return alarms;
  return [...alarms, { ...fault, request_id: uuid7(till.clock.now()), at: till.now(), reported: declared, over_at: null }];
}

const allOver = (till: Till, alarms: SealAlarm[]): SealAlarm[] =>
  alarms.map((one) => (one.over_at === null ? { ...one, over_at: till.now() } : one));

/** Sends what the office does not have yet; a refusal ends the sending too, the tablet keeps the evidence anyway. */
async function reportAlarms(till: Till): Promise<void> {
  for (const alarm of (await readMeta(till.store, "seal_alarms")) ?? []) {
    if (alarm.reported) continue;
    const answer = await till.api.post("/api/v1/log/alarms", {
      request_id: alarm.request_id,
      why: alarm.why,
      kept: alarm.kept,
      offered: alarm.offered,
      path: alarm.path,
      seen_at: alarm.at,
    });
    if (answer.kind === "unanswered") return;
    await withLock(till.store, "seal", async () => {
      const now = (await readMeta(till.store, "seal_alarms")) ?? [];
      const marked = now.map((one) => (one.request_id === alarm.request_id ? { ...one, reported: true } : one));
      await writeMeta(till.store, "seal_alarms", marked);
    });
  }
}

/** The seal's code for a booked line: the one kept, or a better one where the server gives it. */
export async function sealCodeOf(till: Till, line: DayLine): Promise<SealCode | null> {
  const kept = (await till.store.get("daybook", line.counter))?.seal ?? null;
  if (kept?.state === "published" || !till.view.online) return kept;
  const answer = await till.api.get<SealCode>(`/api/v1/log/receipts/${encodeURIComponent(line.ref)}`);
  if (answer.kind !== "ok" || answer.value.text === "") return kept;
  const tx = till.store.transaction("daybook", "readwrite");
  const now = await tx.store.get(line.counter);
  if (now) await tx.store.put({ ...now, seal: answer.value });
  await tx.done;
  return answer.value;
}

/** What the check of a code needs: what is kept, in the shape the rules judge by. Null before the first contact. */
export async function keptLog(till: Till): Promise<LogKept | null> {
  return (await readMeta(till.store, "log")) ?? null;
}
