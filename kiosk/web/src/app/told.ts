// Who was told here how a sale without network ended: kept before it is sent, so that nobody is told twice.

import { readMeta, writeMeta } from "../device/db";
import { withLock } from "../device/locks";
import type { ToldLater } from "../net/counter_types";
import type { Till } from "./till";

/** So many one call takes. */
const MOST = 50;

/** What of the server's notices was not read at this till yet. */
export async function stillToTell(till: Till, notices: ToldLater[] | undefined): Promise<ToldLater[]> {
  if (!notices || notices.length === 0) return [];
  const told = new Set((await readMeta(till.store, "told")) ?? []);
  return notices.filter((one) => !told.has(one.request_id));
}

/** Its holder has read it: kept, and sent now or with the next look at the server. */
export async function noteTold(till: Till, notices: ToldLater[]): Promise<void> {
  await withLock(till.store, "told", async () => {
    const before = (await readMeta(till.store, "told")) ?? [];
    const all = new Set([...before, ...notices.map((one) => one.request_id)]);
    await writeMeta(till.store, "told", [...all]);
  });
  await sendTold(till);
}

/** Tells the server what was read; it counts each once, however often it hears of it. */
export async function sendTold(till: Till): Promise<void> {
  const waiting = ((await readMeta(till.store, "told")) ?? []).slice(0, MOST);
  if (waiting.length === 0) return;
  const answer = await till.api.post("/api/v1/till/told", { request_ids: waiting });
  till.hear(answer);
  if (answer.kind !== "ok") return;
  await withLock(till.store, "told", async () => {
    const now = (await readMeta(till.store, "told")) ?? [];
    await writeMeta(till.store, "told", now.filter((one) => !waiting.includes(one)));
  });
}
