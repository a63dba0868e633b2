// Where a device asks how a log goes on: apart from the rest, so that asking costs no cryptography.

import type { LogKept } from "./witness";

/** The address to ask how the log of a community goes on from what is kept of it. */
export function followPath(issuer: string, kept: LogKept | null): string {
  const month = kept?.published[kept.published.length - 1]?.month ?? 0;
  return `/api/v1/log/follow?community=${issuer}&size=${kept?.size ?? 0}&month=${month}`;
}
