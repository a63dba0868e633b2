// The server's time as far as the tablet knows it; a tablet's own clock may be years off, and may be set while it sells.

import { readMeta, type Store, writeMeta } from "../device/db";

const WORTH_KEEPING_MS = 2_000;
const KEEP_LATEST_MS = 30_000;

/** The two clocks of a tablet: the one people can set, and the one that only counts on. */
export interface Clocks {
  wall(): number;
  steady(): number;
}

const TABLET: Clocks = { wall: () => Date.now(), steady: () => performance.now() };

export class Clock {
  private keptAhead: number;
  private keptLatest: number;
  /** A moment that was surely reached, and the steady clock then: time went on from there at least as fast. */
  private reached: { at: number; steady: number };

  private constructor(
    private readonly store: Store,
    private ahead: number,
    latest: number,
    private readonly clocks: Clocks,
  ) {
    this.keptAhead = ahead;
    this.keptLatest = latest;
    this.reached = { at: latest, steady: clocks.steady() };
  }

  static async open(store: Store, clocks: Clocks = TABLET): Promise<Clock> {
    const ahead = (await readMeta(store, "clock_ahead_ms")) ?? 0;
    return new Clock(store, ahead, (await readMeta(store, "clock_latest_ms")) ?? 0, clocks);
  }

  /** Milliseconds since 1970 as the server counts them; a tablet's clock that is set back does not set it back. */
  now(): number {
    const steady = this.clocks.steady();
    const least = Math.floor(this.reached.at + (steady - this.reached.steady));
    const told = this.clocks.wall() + this.ahead;
    if (told < least) return least;
    this.reached = { at: told, steady };
    if (told - this.keptLatest > KEEP_LATEST_MS) this.keepLatest(told);
    return told;
  }

  /** Takes the server's time from an answer. */
  hear(unixMs: string | null): void {
    const server = Number(unixMs);
    if (!unixMs || !Number.isFinite(server)) return;
    this.ahead = server - this.clocks.wall();
    this.reached = { at: server, steady: this.clocks.steady() };
    // The server's word counts, also where the tablet believed to be further.
    if (Math.abs(server - this.keptLatest) > KEEP_LATEST_MS) this.keepLatest(server);
    if (Math.abs(this.ahead - this.keptAhead) < WORTH_KEEPING_MS) return;
    this.keptAhead = this.ahead;
    void writeMeta(this.store, "clock_ahead_ms", this.ahead);
  }

  private keepLatest(at: number): void {
    this.keptLatest = at;
    void writeMeta(this.store, "clock_latest_ms", at);
  }
}
