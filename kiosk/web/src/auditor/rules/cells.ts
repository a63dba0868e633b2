// Cells as values: amounts as whole numbers, ids as their decimal text.

import type { Row } from "./pack";

/** An id as its decimal text, or null; ids pass 2^53 and are never reckoned with. */
export type Id = string;

/** Why a row cannot be used; its file and place are known where it is caught. */
export class CellFault extends Error {
  constructor(
    readonly column: string,
    readonly value: string,
  ) {
    super(`${column}: ${value}`);
  }
}

const WHOLE = /^-?(0|[1-9]\d*)$/;

/** An amount, a date, a count. Throws a CellFault where it is none that can be reckoned with exactly. */
export function whole(row: Row, column: string): number {
  const cell = row[column];
  const value = cell !== null && cell !== undefined && WHOLE.test(cell) ? Number(cell) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new CellFault(column, cell ?? "");
  return value;
}

export const wholeOrNull = (row: Row, column: string): number | null => (row[column] ?? null) === null ? null : whole(row, column);

/** A text that must be there. */
export function text(row: Row, column: string): string {
  const cell = row[column];
  if (cell === null || cell === undefined) throw new CellFault(column, "");
  return cell;
}

export const textOrNull = (row: Row, column: string): string | null => row[column] ?? null;

/** Whether one id is smaller than another, as numbers. */
export const compareIds = (one: Id, other: Id): number =>
  one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);

/** JSON of an act's text; {} where it was erased or is none. */
export function factsOf(json: string | null): Record<string, unknown> {
  if (!json) return {};
  try {
    const read: unknown = JSON.parse(json);
    return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** An id out of an act's JSON, as its text: JSON's own numbers end at 2^53. */
export const idFact = (json: string, name: string): Id | null => new RegExp(`"${name}":"?(\\d+)"?[,}]`).exec(json)?.[1] ?? null;

/** Adds to the number under a key. */
export function addTo<K>(sums: Map<K, number>, key: K, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** The list under a key, made where it is not there yet. */
export function listUnder<K, V>(lists: Map<K, V[]>, key: K): V[] {
  let list = lists.get(key);
  if (!list) lists.set(key, (list = []));
  return list;
}
