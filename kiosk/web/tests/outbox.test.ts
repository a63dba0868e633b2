import { afterEach, expect, test, vi } from "vitest";
import { closeSlip, openSlip, sell } from "../src/app/desk";
import { unseal } from "../src/device/keys";
import { flush } from "../src/device/flush";
import { listWaiting } from "../src/device/outbox";
import { drawCounter } from "../src/device/slips";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const LATER = Date.now() + 3_600_000;

test("a sale stands in the daybook and the outbox before anything is sent", async () => {
  const server = new Server();
  const till = await newTill(server);
  const seen: [number, number][] = [];
  const { fetch } = server;
  (till.api as unknown as { fetcher: typeof fetch }).fetcher = async (...call) => {
    if (call[0] === "/api/v1/sales") seen.push([await till.store.count("daybook"), await till.store.count("outbox")]);
    return fetch(...call);
  };
  await sell(till, SALE);
  expect(seen).toEqual([[1, 1]]);
  expect(await till.store.count("outbox")).toBe(0);
});

test("an answer that was lost is fetched again with the same bytes, and nothing is booked twice", async () => {
  const server = new Server();
  server.plan = ["lose"];
  const till = await newTill(server);
  const done = await sell(till, SALE);
  expect(done.kind).toBe("waiting");
  expect(till.view.waiting).toBe(1);
  await flush(till.store, till.api, LATER);
  await till.recount();
  const [first, second] = server.bodies;
  expect(second!.body).toBe(first!.body);
  expect(server.booked.size).toBe(1);
  expect(till.view.waiting).toBe(0);
  expect((await till.store.get("daybook", 1))!.state).toBe("booked");
});

test("without the guard of the same bytes the server would refuse: the control", async () => {
  const server = new Server();
  server.plan = ["lose"];
  const till = await newTill(server);
  await sell(till, SALE);
  const [waiting] = await listWaiting(till.store);
  const body = JSON.parse(new TextDecoder().decode(await unseal(till.store, waiting!.body)));
  const changed = new TextEncoder().encode(JSON.stringify({ ...body, occurred_at: "2026-03-02T10:00:01.000+08:00" }));
  await expect(till.api.call("POST", waiting!.path, changed)).rejects.toThrow("same id, other body");
});

test("what waits is sent in the order it was made, and stops at the first silence", async () => {
  const server = new Server();
  server.plan = ["offline", "offline", "offline"];
  const till = await newTill(server);
  for (let sale = 0; sale < 3; sale += 1) await sell(till, SALE);
  server.plan = ["answer", "offline"];
  await flush(till.store, till.api, LATER);
  expect((await listWaiting(till.store)).map((one) => one.counter)).toEqual([2, 3]);
  await flush(till.store, till.api, LATER);
  expect(server.bodies.map((one) => JSON.parse(one.body).counter)).toEqual([1, 2, 3]);
});

test("a refused sale leaves no line and its number goes to the next customer", async () => {
  const server = new Server();
  server.plan = ["refuse"];
  const till = await newTill(server);
  expect((await sell(till, SALE)).kind).toBe("refused");
  expect(await till.store.count("daybook")).toBe(0);
  await sell(till, SALE);
  expect((await till.store.getAllKeys("daybook"))).toEqual([1]);
});

test("a number the server knows already is spent, and the sale goes on under the next", async () => {
  const server = new Server();
  server.plan = ["taken"];
  const till = await newTill(server);
  expect((await sell(till, SALE)).kind).toBe("booked");
  const lines = await till.store.getAll("daybook");
  expect(lines.map((line) => [line.counter, line.state, line.unfiled])).toEqual([[1, "refused", 0], [2, "booked", 1]]);
});

test("a sale refused after the customer left stays in the book and raises the alarm", async () => {
  const server = new Server();
  server.plan = ["offline"];
  const till = await newTill(server);
  await sell(till, SALE);
  server.plan = ["refuse"];
  await flush(till.store, till.api, LATER);
  await till.recount();
  expect(till.view.alarms.map((line) => [line.state, line.refused?.en])).toEqual([["refused", "en"]]);
});

test("numbers have no gap: what is given back is drawn first, by any tab", async () => {
  const till = await newTill(new Server());
  const one = await openSlip(till);
  const two = await drawCounter(till.store, "other tab", Date.now());
  await closeSlip(till, one);
  expect([one, two]).toEqual([1, 2]);
  expect(await drawCounter(till.store, "other tab two", Date.now())).toBe(1);
  expect(await drawCounter(till.store, "third tab", Date.now())).toBe(3);
});

test("a wiped tablet goes on after the server's last number", async () => {
  const server = new Server();
  server.lastCounter = 456;
  const till = await newTill(server);
  expect(await openSlip(till)).toBe(457);
});

test("the PIN of a waiting sale cannot be read out of the store", async () => {
  const server = new Server();
  server.plan = ["offline"];
  const till = await newTill(server);
  await sell(till, { ...SALE, pin: "135790" });
  const [waiting] = await listWaiting(till.store);
  expect(new TextDecoder("latin1").decode(waiting!.body.data)).not.toContain("135790");
  expect(new TextDecoder().decode(await unseal(till.store, waiting!.body))).toContain('"pin":"135790"');
});

test("times come from the server's clock", async () => {
  const till = await newTill(new Server());
  expect(till.now().slice(0, 16)).toBe("2026-03-02T10:00");
  expect(till.today()).toBe(20260302);
});
