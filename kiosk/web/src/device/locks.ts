// One tab at a time: Web Locks where the browser has them, else a lease in the store.

import type { Store } from "./db";

const LEASE_MS = 15_000;
const RETRY_MS = 60;

/** Runs `work` while no other tab of this till holds the lock `name`. */
export async function withLock<T>(store: Store, name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  if (locks) return (await locks.request(`${store.name}:${name}`, work)) as T;
  return withLease(store, name, work);
}

/** The same with a lease in IndexedDB, for plain http and old browsers. A tab that died loses it after a while. */
export async function withLease<T>(store: Store, name: string, work: () => Promise<T>): Promise<T> {
  const owner = `${Date.now()}-${Math.random()}`;
  while (!(await lease(store, name, owner))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  const renewal = setInterval(() => void lease(store, name, owner), LEASE_MS / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await release(store, name, owner);
  }
}

async function lease(store: Store, name: string, owner: string): Promise<boolean> {
  const tx = store.transaction("locks", "readwrite");
  const held = await tx.store.get(name);
  // No lease runs longer than one from now; one that does was made before the clock was set back.
  const isOver = !held || held.until < Date.now() || held.until > Date.now() + LEASE_MS;
  const free = isOver || held?.owner === owner;
  if (free) await tx.store.put({ owner, until: Date.now() + LEASE_MS }, name);
  await tx.done;
  return free;
}

async function release(store: Store, name: string, owner: string): Promise<void> {
  const tx = store.transaction("locks", "readwrite");
  if ((await tx.store.get(name))?.owner === owner) await tx.store.delete(name);
  await tx.done;
}
