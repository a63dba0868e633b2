// Baskets put aside while somebody else is served: what was typed so far, in the tablet's own store.

import type { Till } from "./till";

/** The code of a customer is never parked: it is read anew, and a live one would have run out. */
export interface ParkedBasket {
  id: string;
  parked_at: string;
  /** The bill as it was typed, in yuan. */
  amount: string;
}

/** More than anybody keeps apart in the head. */
export const MOST_PARKED = 6;

export async function parkedBaskets(till: Till): Promise<ParkedBasket[]> {
  return ((await till.store.get("meta", "parked")) as ParkedBasket[] | undefined) ?? [];
}

/** Puts a basket aside; false where as many wait already as the screen shows. */
export async function park(till: Till, basket: ParkedBasket): Promise<boolean> {
  return change(till, (baskets) => (baskets.length >= MOST_PARKED ? null : [...baskets, basket]));
}

/** Takes a basket back, once: a second tab that was quicker has it. */
export async function resume(till: Till, id: string): Promise<ParkedBasket | null> {
  let found: ParkedBasket | null = null;
  await change(till, (baskets) => {
    found = baskets.find((one) => one.id === id) ?? null;
    return baskets.filter((one) => one.id !== id);
  });
  return found;
}

async function change(till: Till, make: (baskets: ParkedBasket[]) => ParkedBasket[] | null): Promise<boolean> {
  const tx = till.store.transaction("meta", "readwrite", { durability: "strict" });
  const next = make(((await tx.store.get("parked")) as ParkedBasket[] | undefined) ?? []);
  if (next) await tx.store.put(next, "parked");
  await tx.done;
  return next !== null;
}
