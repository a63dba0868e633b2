// What points buy: now, together, and with a few more. Pure; prices and points in units.

export interface Priced {
  price_units: number;
  stock: number;
}

export interface Near<G> {
  good: G;
  missing_units: number;
}

export interface Buys<G> {
  /** One of these can be had, cheapest first. */
  now: G[];
  /** As many different ones as fit together, cheapest first; empty where only one does. */
  together: G[];
  /** Up to five points away. */
  near: Near<G>[];
  /** Further away. */
  far: Near<G>[];
}

export const NEAR_POINTS = 5;
const MOST_TOGETHER = 4;
const MOST_LOOKED_AT = 24;

export function buys<G extends Priced>(goods: readonly G[], availableUnits: number, unitsPerPoint: number): Buys<G> {
  const byPrice = [...goods].sort((one, other) => one.price_units - other.price_units);
  const now = byPrice.filter((good) => good.price_units <= availableUnits);
  const missing = byPrice
    .filter((good) => good.price_units > availableUnits)
    .map((good) => ({ good, missing_units: good.price_units - availableUnits }));
  const reach = NEAR_POINTS * unitsPerPoint;
  return {
    now,
    together: fitting(now, availableUnits),
    near: missing.filter((one) => one.missing_units <= reach),
    far: missing.filter((one) => one.missing_units > reach),
  };
}

/** The greatest number of different goods that fit, and of those sets the one that uses the points best. */
function fitting<G extends Priced>(byPrice: readonly G[], availableUnits: number): G[] {
  const there = byPrice.filter((good) => good.stock > 0).slice(0, MOST_LOOKED_AT);
  const count = Math.min(MOST_TOGETHER, longest(there, availableUnits));
  if (count < 2) return [];
  let best: G[] = [];
  let most = -1;
  const grow = (set: G[], from: number, spent: number): void => {
    if (set.length === count) {
      if (spent > most) [best, most] = [set, spent];
      return;
    }
    for (let at = from; at < there.length; at += 1) {
      const good = there[at]!;
      // Sorted by price: what comes after costs no less.
      if (spent + good.price_units > availableUnits) return;
      grow([...set, good], at + 1, spent + good.price_units);
    }
  };
  grow([], 0, 0);
  return best;
}

function longest(byPrice: readonly Priced[], availableUnits: number): number {
  let left = availableUnits;
  let count = 0;
  for (const good of byPrice) {
    left -= good.price_units;
    if (left < 0) break;
    count += 1;
  }
  return count;
}
