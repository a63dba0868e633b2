// One tab at a time: Web Locks where the browser has them, else a lease in the store.

import type { Store } from "./db";

const LEASE_MS = 15_000;
const RETRY_MS = 60;

/** Runs `work` while no other tab of this till holds the lock `name`. */
export async function withLock<T>(store: Store, name: string, work: () => Promise<T>): Promise<T> {
  const locks = lockManager();
  if (locks) return (await locks.request(`${store.name}:${name}`, work)) as T;
  return withLease(store, name, work);
}

const lockManager = (): LockManager | undefined => (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;

/** Lets other tabs see that this one lives: the browser ends it with the tab, however that ends. */
export function showLife(store: Store, tab: string): void {
  // Asked for and not waited for: a twin of this tab bears the same name, and a page loaded anew lets go a moment later.
  void lockManager()?.request(lifeOf(store, tab), () => new Promise(() => {}));
}

/** The tabs that live; null where the browser cannot tell. */
export async function livingTabs(store: Store): Promise<Set<string> | null> {
  const found = await lockManager()?.query();
  const names = [...(found?.held ?? []), ...(found?.pending ?? [])].map(({ name }) => name ?? "");
  return found ? new Set(names.filter((name) => name.startsWith(lifeOf(store, ""))).map((name) => name.slice(lifeOf(store, "").length))) : null;
}

const lifeOf = (store: Store, tab: string): string => `${store.name}:tab:${tab}`;

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
