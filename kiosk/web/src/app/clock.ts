// The server's time as far as the tablet knows it; a tablet's own clock may be years off.

import { readMeta, type Store, writeMeta } from "../device/db";

const WORTH_KEEPING_MS = 2_000;

export class Clock {
  private kept = 0;

  private constructor(
    private readonly store: Store,
    private ahead: number,
    private readonly local: () => number,
  ) {
    this.kept = ahead;
  }

  static async open(store: Store, local: () => number = Date.now): Promise<Clock> {
    return new Clock(store, (await readMeta(store, "clock_ahead_ms")) ?? 0, local);
  }

  /** Milliseconds since 1970 as the server counts them. */
  now(): number {
    return this.local() + this.ahead;
  }

  /** Takes the server's time from an answer. */
  hear(unixMs: string | null): void {
    const server = Number(unixMs);
    if (!unixMs || !Number.isFinite(server)) return;
    this.ahead = server - this.local();
    if (Math.abs(this.ahead - this.kept) < WORTH_KEEPING_MS) return;
    this.kept = this.ahead;
    void writeMeta(this.store, "clock_ahead_ms", this.ahead);
  }
}
