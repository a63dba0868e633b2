// The till for every screen below it.

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Till, View } from "../app/till";

export const TillContext = createContext<Till | null>(null);

/** In the training: the real till beside it. */
export const RealTillContext = createContext<Till | null>(null);
export const useRealTill = (): Till | null => useContext(RealTillContext);

export function useTill(): [Till, View] {
  const till = useContext(TillContext);
  if (!till) throw new Error("a screen outside the till");
  const [view, setView] = useState(till.view);
  useEffect(() => till.subscribe(() => setView(till.view)), [till]);
  return [till, view];
}
