import { afterEach, expect, test, vi } from "vitest";
import { sell } from "../src/app/desk";
import { closeDays } from "../src/app/close";
import { ASIDE_MS, flush, MOST_TRIES } from "../src/device/flush";
import { ATTENDED_MS, keepLine, listWaiting } from "../src/device/outbox";
import { newTill, SALE, Server } from "./support";
import type { Till } from "../src/app/till";

afterEach(() => vi.unstubAllGlobals());

const LATER = Date.now() + 3_600_000;

/** A till with three sales made while nobody answered. */
async function queued(server: Server): Promise<Till> {
  const till = await newTill(server);
  server.isDown = true;
  for (let sale = 0; sale < 3; sale += 1) expect((await sell(till, SALE)).kind).toBe("waiting");
  server.isDown = false;
  return till;
}

const counters = async (till: Till): Promise<(number | null)[]> => (await listWaiting(till.store)).map((one) => one.counter);

test("a write the server chokes on is set aside after three tries, and the others are sent the first time", async () => {
  const server = new Server();
  const till = await queued(server);
  server.chokesOn = (body) => body["counter"] === 1;
  await flush(till.store, till.api, LATER);
  expect(await counters(till)).toEqual([1]);
  for (let pass = 1; pass < MOST_TRIES; pass += 1) await flush(till.store, till.api, LATER);
  await till.recount();
  expect(till.view.aside.map(({ waiting, line }) => [waiting.aside?.why, line?.counter])).toEqual([["unanswered", 1]]);
  expect(till.view.waiting).toBe(1);
  expect(await till.store.count("daybook")).toBe(3);
});

test("without setting it aside one bad write would stop the queue: the control", async () => {
  const server = new Server();
  const till = await queued(server);
  server.chokesOn = (body) => body["counter"] === 1;
  // What stops at the first silence, whatever its reason, never comes to the second write.
  for (const waiting of await listWaiting(till.store)) {
    const { send } = await import("../src/device/outbox");
    if ((await send(till.store, till.api, waiting.request_id, false))?.kind === "unanswered") break;
  }
  expect(await counters(till)).toEqual([1, 2, 3]);
});

test("what was set aside is tried again later, and goes when the server takes it", async () => {
  const server = new Server();
  const till = await queued(server);
  server.chokesOn = (body) => body["counter"] === 1;
  for (let pass = 0; pass < MOST_TRIES; pass += 1) await flush(till.store, till.api, LATER);
  server.chokesOn = () => false;
  await flush(till.store, till.api, LATER + ASIDE_MS / 2);
  expect(await counters(till)).toEqual([1]);
  await flush(till.store, till.api, LATER + ASIDE_MS + 1);
  expect(await counters(till)).toEqual([]);
  expect(server.booked.size).toBe(3);
});

test("a clerk may have it tried at once", async () => {
  const server = new Server();
  const till = await queued(server);
  server.chokesOn = (body) => body["counter"] === 1;
  for (let pass = 0; pass < MOST_TRIES; pass += 1) await flush(till.store, till.api, Date.now());
  server.chokesOn = () => false;
  await till.retryAside();
  expect([till.view.waiting, till.view.aside]).toEqual([0, []]);
});

test("a write that cannot be opened any more is set aside at once, shown, and not thrown away", async () => {
  const server = new Server();
  const till = await queued(server);
  const [first] = await listWaiting(till.store);
  const broken = { iv: first!.body.iv, data: Uint8Array.from(first!.body.data, (byte) => byte ^ 0xff) };
  await till.store.put("outbox", { ...first!, body: broken });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await flush(till.store, till.api, LATER);
  await till.recount();
  expect(await counters(till)).toEqual([1]);
  expect(till.view.aside.map(({ waiting, line }) => [waiting.aside?.why, line?.ref])).toEqual([["unreadable", (await till.store.get("daybook", 1))!.ref]]);
  expect(await closeDays(till)).toEqual({ kind: "waits", count: 1 });
});

test("a server that is busy with everything sets nothing aside", async () => {
  const server = new Server();
  const till = await queued(server);
  server.isBusy = true;
  for (let pass = 0; pass < 2 * MOST_TRIES; pass += 1) await flush(till.store, till.api, LATER);
  expect((await listWaiting(till.store)).map((one) => [one.counter, one.aside])).toEqual([[1, undefined], [2, undefined], [3, undefined]]);
});

test("two tabs flush one queue: every write is sent once", async () => {
  const server = new Server();
  const till = await queued(server);
  const sent: string[] = [];
  const { fetch } = server;
  (till.api as unknown as { fetcher: typeof fetch }).fetcher = async (...call) => {
    sent.push(String(call[0]));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return fetch(...call);
  };
  await Promise.all([flush(till.store, till.api, LATER), flush(till.store, till.api, LATER)]);
  expect(sent.length).toBe(3);
  expect(server.booked.size).toBe(3);
});

test("without the lock both tabs send all of it: the control", async () => {
  const server = new Server();
  const till = await queued(server);
  const { send } = await import("../src/device/outbox");
  const before = server.bodies.length;
  const ids = (await listWaiting(till.store)).map((one) => one.request_id);
  await Promise.all([...ids, ...ids].map((id) => send(till.store, till.api, id, false)));
  expect(server.bodies.length - before).toBe(6);
  // And even so nothing is booked twice.
  expect(server.booked.size).toBe(3);
});

test("a clock set back a year keeps no write waiting for its screen", async () => {
  const server = new Server();
  const till = await queued(server);
  for (const one of await listWaiting(till.store)) await till.store.put("outbox", { ...one, attended_until: LATER + ATTENDED_MS });
  await flush(till.store, till.api, Date.now() - 365 * 86_400_000);
  expect(await counters(till)).toEqual([]);
});

test("a write that fails half way leaves no half of it: line, number and outbox stand or fall together", async () => {
  const till = await newTill(new Server());
  const before = [await till.store.count("daybook"), await till.store.count("outbox"), await till.store.getAll("slips")];
  const line = { counter: 9 } as never;
  const write = { requestId: "r", path: "/api/v1/sales", body: {}, nowMs: 0 };
  await expect(keepLine(till.store, write, line, till.tab)).rejects.toThrow("another tab took the number");
  expect([await till.store.count("daybook"), await till.store.count("outbox"), await till.store.getAll("slips")]).toEqual(before);
});
