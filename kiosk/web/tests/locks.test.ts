import { IDBFactory } from "fake-indexeddb";
import { expect, test, vi } from "vitest";
import "fake-indexeddb/auto";
import { openStore } from "../src/device/db";
import { withLease } from "../src/device/locks";
import { drawCounter } from "../src/device/slips";

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

test("the number a dead tab held goes to the next customer at once, and that of one that lives does not", async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  const store = await openStore("till");
  const alive = ["jifen-till:tab:open", "jifen-counter:tab:dead", "jifen-till:outbox"].map((name) => ({ name }));
  vi.stubGlobal("navigator", { locks: { query: async () => ({ held: alive, pending: [] }) } });
  expect(await drawCounter(store, "dead", 1_000)).toBe(1);
  expect(await drawCounter(store, "open", 1_000)).toBe(1);
  expect(await drawCounter(store, "third", 1_000)).toBe(2);
  vi.unstubAllGlobals();
});

test("a browser that cannot say which tabs live leaves a held number alone: the control", async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  const store = await openStore("till");
  expect(await drawCounter(store, "dead", 1_000)).toBe(1);
  expect(await drawCounter(store, "open", 1_000)).toBe(2);
  expect(await drawCounter(store, "third", 1_000 + 3 * 60_000 + 1)).toBe(1);
});
