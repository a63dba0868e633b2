// Points in time of a scan, for the browser's own performance tools.

export type Moment = "scan-start" | "scan-frame" | "scan-verified";

export function stamp(moment: Moment): void {
  performance.clearMarks(moment);
  performance.mark(moment);
}
