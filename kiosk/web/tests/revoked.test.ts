import { afterEach, expect, test, vi } from "vitest";
import { refund, sell } from "../src/app/desk";
import type { Till } from "../src/app/till";
import { flush } from "../src/device/flush";
import { listWaiting } from "../src/device/outbox";
import type { KnownSale } from "../src/net/types";
import { newTill, SALE, Server } from "./support";

afterEach(() => vi.unstubAllGlobals());

const LATER = Date.now() + 3_600_000;
const OFFLINE = { ...SALE, offline: { policy: "1.words.mark", day: "2026-03-02", card: "name" } };

/** A till out of service that holds a refund, then an offline sale of before and one of after its withdrawal. */
async function withdrawn(server: Server): Promise<Till> {
  const till = await newTill(server);
  await sell(till, SALE);
  const sold = (await till.store.get("daybook", 1))!;
  server.isDown = true;
  await refund(till, { ...sold, refunded_fen: 0 } as unknown as KnownSale, 5_000);
  await sell(till, OFFLINE);
  await sell(till, OFFLINE);
  server.isDown = false;
  server.revokedAt = 4;
  return till;
}

test("a till out of service delivers what it sold offline before, past a refund nobody takes any more", async () => {
  const server = new Server();
  const till = await withdrawn(server);
  await flush(till.store, till.api, LATER);
  expect((await listWaiting(till.store)).map((one) => one.counter)).toEqual([2]);
  const lines = await till.store.getAll("daybook");
  expect(lines.map((line) => [line.counter, line.state, line.alarm])).toEqual([[1, "booked", 0], [2, "waiting", 0], [3, "booked", 0], [4, "refused", 1]]);
});

test("a till out of service keeps its key until its offline sales are delivered", async () => {
  const server = new Server();
  const till = await withdrawn(server);
  await till.refresh();
  expect([till.view.revoked, till.view.undelivered, till.mustDeliver]).toEqual([true, 2, true]);
  await till.forget();
  expect(till.view.terminal).not.toBeNull();
  await flush(till.store, till.api, LATER);
  await till.forget();
  expect([till.view.undelivered, till.view.terminal]).toEqual([0, null]);
});
