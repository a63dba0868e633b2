// What the tablet tells the office of itself: battery, version, clock, what waits, its self-test. It names nobody.

import { readMeta, writeMeta } from "../device/db";
import { rfc3339 } from "../rules/time";
import type { Till } from "./till";

const TELL_MS = 300_000;
const DAY_MS = 86_400_000;
const MOST_DAYS = 399;
const PERCENT = 100;

/** How the opening self-test ended; `failed` names the checks that did not pass. */
export interface SelfTest {
  at: string;
  failed: string[];
}

let toldAt = 0;
let toldWaiting = -1;

/** Tells it when the last word is older than five minutes, or when entries begin or end to wait. */
export async function tellHealth(till: Till, always = false): Promise<void> {
  const waits = till.view.waiting > 0 ? 1 : 0;
  if (!always && Date.now() - toldAt < TELL_MS && waits === toldWaiting) return;
  const test = await readMeta(till.store, "self_test");
  const battery = await batteryOf();
  const most = MOST_DAYS * DAY_MS;
  const answer = await till.api.post<object>("/api/v1/terminals/health", {
    version: version(),
    battery_percent: battery ? Math.round(battery.level * PERCENT) : null,
    charging: battery ? battery.charging : null,
    waiting: till.view.waiting,
    clock_ahead_ms: Math.max(-most, Math.min(most, Math.round(till.clock.now() - Date.now()))),
    secure: globalThis.isSecureContext,
    synced_at: till.view.syncedAt === null ? null : rfc3339(till.view.syncedAt, till.zone),
    tested_at: test?.at ?? null,
    test_failed: test?.failed ?? [],
  });
  if (answer.kind !== "ok") return;
  toldAt = Date.now();
  toldWaiting = waits;
}

export async function keepTest(till: Till, test: SelfTest): Promise<void> {
  await writeMeta(till.store, "self_test", test);
  await tellHealth(till, true);
}

/** The build this page runs, as its main file is named. */
export function version(): string {
  const main = document.querySelector<HTMLScriptElement>('script[type="module"][src*="index-"]')?.src ?? "";
  return /(index-[0-9A-Za-z_-]+)\.js/.exec(main)?.[1] ?? "dev";
}

interface Battery {
  level: number;
  charging: boolean;
}

async function batteryOf(): Promise<Battery | null> {
  const asked = (navigator as Navigator & { getBattery?: () => Promise<Battery> }).getBattery;
  // Some browsers have it and refuse it.
  return asked ? asked.call(navigator).catch(() => null) : null;
}
