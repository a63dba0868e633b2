// The terminal's counter: a number is drawn and stored before the scan, and no number is lost or used twice.

import type { Slip, Store } from "./db";
import { livingTabs } from "./locks";

/** Held this long, or by a tab that lives no more, a number may be taken; whoever held it draws anew when confirming. */
const HELD_MS = 3 * 60_000;

/** Draws the lowest number nobody uses: one given back, else the next after the last. */
export async function drawCounter(store: Store, holder: string, nowMs: number): Promise<number> {
  const living = await livingTabs(store);
  const tx = store.transaction(["slips", "meta", "daybook"], "readwrite", { durability: "strict" });
  const slips = tx.objectStore("slips");
  const meta = tx.objectStore("meta");
  const isFree = (slip: Slip): boolean =>
    !slip.kept && (slip.holder === "" || slip.holder === holder || living?.has(slip.holder) === false || Math.abs(nowMs - slip.held_at) > HELD_MS);
  let counter: number | undefined;
  for (const free of (await slips.getAll()).filter(isFree)) {
    if ((await tx.objectStore("daybook").getKey(free.counter)) === undefined) {
      counter = free.counter;
      break;
    }
    // A line stands under it: it was used, whoever gave it back.
    await slips.delete(free.counter);
  }
  if (counter === undefined) {
    counter = (((await meta.get("last_counter")) as number | undefined) ?? 0) + 1;
    await meta.put(counter, "last_counter");
  }
  await slips.put({ counter, holder, held_at: nowMs });
  await tx.done;
  return counter;
}

/** Gives a drawn number back unused. */
export async function giveBack(store: Store, counter: number, holder: string): Promise<void> {
  const tx = store.transaction("slips", "readwrite");
  const slip = await tx.store.get(counter);
  if (slip?.holder === holder && !slip.kept) await tx.store.put({ ...slip, holder: "" });
  await tx.done;
}

/** Goes on after the server's last number, for a tablet that was wiped or replaced. */
export async function notBefore(store: Store, serverLast: number): Promise<void> {
  const tx = store.transaction(["slips", "meta"], "readwrite");
  const meta = tx.objectStore("meta");
  const own = ((await meta.get("last_counter")) as number | undefined) ?? 0;
  if (own < serverLast) {
    await meta.put(serverLast, "last_counter");
    await tx.objectStore("slips").delete(IDBKeyRange.upperBound(serverLast));
  }
  await tx.done;
}
