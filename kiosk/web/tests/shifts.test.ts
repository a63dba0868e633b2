import { afterEach, expect, test, vi } from "vitest";
import { sell } from "../src/app/desk";
import { closeShift, openShift } from "../src/app/shifts";
import type { Till } from "../src/app/till";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const CASH = { ...SALE, offsetUnits: 0, channel: "cash" as const };

/** Makes the till's clock stand at so many minutes after it was enrolled. */
const at = (till: Till, start: number, minutes: number): void => void vi.spyOn(till.clock, "now").mockReturnValue(start + minutes * 60_000);

test("cash taken before a shift was opened lay in the drawer at its count and is not expected once more", async () => {
  const till = await newTill(new Server());
  const start = till.clock.now();
  at(till, start, 0);
  await sell(till, CASH);
  at(till, start, 1);
  await openShift(till, 20_000);
  at(till, start, 2);
  await sell(till, CASH);
  at(till, start, 3);
  const first = await closeShift(till, { cashFen: 25_000, slips: 1, takenFen: 0 });
  expect(first).toMatchObject({ kind: "closed", entry: { expected_fen: 25_000, expected_slips: 1, first_counter: 1, last_counter: 2 } });
  // Sold between two shifts: counted by the opening, expected by neither closing.
  at(till, start, 4);
  await sell(till, CASH);
  at(till, start, 5);
  await openShift(till, 30_000);
  const second = await closeShift(till, { cashFen: 30_000, slips: 0, takenFen: 0 });
  expect(second).toMatchObject({ kind: "closed", entry: { expected_fen: 30_000, expected_slips: 0, first_counter: 3, last_counter: 3 } });
});
