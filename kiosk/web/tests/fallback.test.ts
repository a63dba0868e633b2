import { afterEach, expect, test, vi } from "vitest";
import { Clock } from "../src/app/clock";
import { quote, sell } from "../src/app/desk";
import { openStore } from "../src/device/db";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

/** A server whose answers are held back until `open` is called. */
function held(server: Server): { open(): void } {
  const { fetch } = server;
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  server.fetch = (async (...call: Parameters<typeof fetch>) => {
    if (String(call[0]).startsWith("/api/v1/sales")) await gate;
    return fetch(...call);
  }) as typeof fetch;
  return { open: () => open() };
}

test("a silent server keeps the clerk a few seconds, then the sale is kept and goes on by itself, once", async () => {
  const server = new Server();
  const gate = held(server);
  const till = await newTill(server);
  till.patience = { online: 10, offline: 10 };
  const { kind } = await sell(till, SALE);
  expect([kind, till.view.online, till.view.waiting]).toEqual(["waiting", false, 1]);
  gate.open();
  await vi.waitFor(() => expect(till.view.waiting).toBe(0));
  expect([till.view.online, server.booked.size]).toEqual([true, 1]);
  expect((await till.store.get("daybook", 1))!.state).toBe("booked");
});

test("what is refused after the clerk went on raises the alarm; its number is not given out again", async () => {
  const server = new Server();
  const gate = held(server);
  const till = await newTill(server);
  server.plan = ["refuse"];
  till.patience = { online: 10, offline: 10 };
  const { kind } = await sell(till, SALE);
  expect(kind).toBe("waiting");
  till.patience = { online: 5_000, offline: 5_000 };
  gate.open();
  await vi.waitFor(() => expect(till.view.alarms.map((line) => [line.counter, line.state])).toEqual([[1, "refused"]]));
  await sell(till, SALE);
  expect(await till.store.getAllKeys("daybook")).toEqual([1, 2]);
});

test("offline a sale waits for nobody, and the first answer brings the till back", async () => {
  const server = new Server();
  const till = await newTill(server);
  server.isDown = true;
  expect((await quote(till, "71", 5_000)).kind).toBe("unanswered");
  expect(till.view.online).toBe(false);
  expect((await sell(till, SALE)).kind).toBe("waiting");
  server.isDown = false;
  await till.resend();
  await till.refresh();
  expect([till.view.online, till.view.waiting, server.booked.size]).toEqual([true, 0, 1]);
});

test("the till knows when the server last told it anything, also after it was opened anew", async () => {
  const till = await newTill(new Server());
  // The tablet's own clock goes on between the answer and this line.
  expect(Math.floor(till.view.syncedAt! / 60_000)).toBe(Date.UTC(2026, 2, 2, 2, 0, 0) / 60_000);
  expect(await till.store.get("meta", "synced_at")).toBe(till.view.syncedAt);
});

test("a tablet's clock that is set back, or starts in another year, does not turn the till's time back", async () => {
  vi.stubGlobal("indexedDB", new (await import("fake-indexeddb")).IDBFactory());
  const store = await openStore("till");
  const set = { wall: 1_000_000, steady: 0 };
  const clocks = { wall: () => set.wall, steady: () => set.steady };
  const clock = await Clock.open(store, clocks);
  clock.hear("5000000");
  set.wall += 60_000;
  set.steady += 60_000;
  expect(clock.now()).toBe(5_060_000);
  set.wall -= 3_600_000;
  set.steady += 1_000;
  expect(clock.now()).toBe(5_061_000);
  // The till is opened again an hour behind: it goes on from the latest moment it had written down.
  const again = await Clock.open(store, { wall: () => set.wall, steady: () => 0 });
  expect(again.now()).toBe(5_060_000);
  again.hear("4900000");
  expect(again.now()).toBe(4_900_000);
});
