import { IDBFactory } from "fake-indexeddb";
import { expect, test, vi } from "vitest";
import "fake-indexeddb/auto";
import { openStore } from "../src/device/db";
import { withLease } from "../src/device/locks";

async function most(guarded: boolean): Promise<number> {
  vi.stubGlobal("indexedDB", new IDBFactory());
  const store = await openStore("till");
  let inside = 0;
  let highest = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    highest = Math.max(highest, inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => (guarded ? withLease(store, "close", work) : work())));
  return highest;
}

test("without Web Locks one tab works at a time, and without the lease all do", async () => {
  expect(await most(true)).toBe(1);
  expect(await most(false)).toBe(3);
});
