// Hands scans to the screen that is open, from the camera and from a scanner that types alike.

import { useEffect } from "preact/hooks";

let taker: ((text: string) => void) | null = null;

export const takeScan = (text: string): void => taker?.(text);

export function useScans(onScan: (text: string) => void): void {
  useEffect(() => {
    taker = onScan;
    return () => {
      if (taker === onScan) taker = null;
    };
  });
}
