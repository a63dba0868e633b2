// Hands scans to the screen that is open, from the camera and from a scanner that types alike.

import { useLayoutEffect } from "preact/hooks";

let taker: ((text: string) => void) | null = null;

export const takeScan = (text: string): void => taker?.(text);

export function useScans(onScan: (text: string) => void): void {
  // At once, not after the next picture: a scan may follow the last digit within a few milliseconds.
  useLayoutEffect(() => {
    taker = onScan;
    return () => {
      if (taker === onScan) taker = null;
    };
  });
}
