// After a loss: the server came back with an older book and asks for what it had told this till since.

import { readMeta, type Store } from "../device/db";
import { withLock } from "../device/locks";
import { linesSince, type OpenLine } from "../device/signed";
import type { Asked } from "../net/types";
import type { Till } from "./till";

const PAGE_LINES = 100;
const PAGE_SIGNS = 600_000;
/** So many of the last numbers are looked at for ones that came to nothing. */
const MOST_NUMBERS = 5_000;

/** Sends every line told since the copy, and then that this was all; true when everything arrived. */
export function sendDaybook(till: Till, asked: Asked): Promise<boolean> {
  return withLock(till.store, "recovery", async () => {
    let page: OpenLine[] = [];
    let signs = 0;
    let count = 0;
    for await (const line of linesSince(till.store, asked.since_ms)) {
      page.push(line);
      signs += line.body.length + line.answer.length;
      count += 1;
      if (page.length < PAGE_LINES && signs < PAGE_SIGNS) continue;
      if (!(await sendPage(till, asked, page))) return false;
      page = [];
      signs = 0;
    }
    if (page.length > 0 && !(await sendPage(till, asked, page))) return false;
    const answer = await till.api.post("/api/v1/recovery/report", {
      recovery_id: asked.recovery_id,
      lines: count,
      ...(await numbersOf(till.store)),
      checkpoint: (await readMeta(till.store, "log"))?.note ?? "",
    });
    till.hear(answer);
    return answer.kind === "ok";
  });
}

async function sendPage(till: Till, asked: Asked, lines: OpenLine[]): Promise<boolean> {
  const answer = await till.api.post("/api/v1/recovery/lines", { recovery_id: asked.recovery_id, lines });
  till.hear(answer);
  return answer.kind === "ok";
}

/** The last number given out, and those of late for which the server booked nothing: refused, given back, not answered. */
async function numbersOf(store: Store): Promise<{ last_counter: number; unused: number[] }> {
  const last = (await readMeta(store, "last_counter")) ?? 0;
  const first = Math.max(1, last - MOST_NUMBERS + 1);
  const lines = await store.getAll("daybook", IDBKeyRange.lowerBound(first));
  const booked = new Set(lines.filter((line) => line.state === "booked").map((line) => line.counter));
  const unused: number[] = [];
  for (let number = first; number <= last; number += 1) if (!booked.has(number)) unused.push(number);
  return { last_counter: last, unused };
}
