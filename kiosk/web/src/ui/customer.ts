// Tells the screen towards the customer what this sale comes to; without such a screen nobody listens.

import { useEffect } from "preact/hooks";
import type { Till } from "../app/till";
import { AGAIN_MS, channelName, HELLO, NOTHING, type Seen, type Told } from "../customer/feed";
import { unitsPerPoint } from "../rules/units";
import { language } from "../text/t";
import { useTill } from "./context";

let channel: BroadcastChannel | null = null;
let now: Told | null = null;

/** Shows this on the customer's screen for as long as the screen that calls it is open. */
export function useCustomer(seen: Seen): void {
  const [till] = useTill();
  useEffect(() => tell(till, seen), [seen.step, seen.total_fen, seen.off_fen, seen.units, seen.pay_fen, seen.code]);
  useEffect(() => () => tell(till, NOTHING), []);
}

/** A word from the home screen too: whoever opens the customer's screen there sees the shop's name at once. */
export function tell(till: Till, { step, total_fen, off_fen, units, pay_fen, code }: Seen): void {
  now = {
    step, total_fen, off_fen, units, pay_fen, code,
    tab: till.tab,
    shop: till.view.terminal?.branch_name || (till.view.terminal?.merchant_name ?? ""),
    language: language(),
    precision: Math.round(Math.log10(unitsPerPoint())),
    training: till.isTraining,
  };
  if (channel === null && !open(till)) return;
  channel?.postMessage(now);
}

function open(till: Till): boolean {
  if (!("BroadcastChannel" in globalThis)) return false;
  channel = new BroadcastChannel(channelName(till.mode));
  channel.onmessage = ({ data }) => {
    if (data === HELLO && now) channel?.postMessage(now);
  };
  setInterval(() => now && channel?.postMessage(now), AGAIN_MS);
  // A till that is closed or loaded anew leaves no sum standing there.
  window.addEventListener("pagehide", () => now && channel?.postMessage({ ...now, ...NOTHING }));
  return true;
}

/** Opens the customer's screen beside the till: on a second display, or in the other half of this one. */
export function openCustomerScreen(till: Till): void {
  window.open(`/${till.mode}#customer`, `jifen-customer-${till.mode}`, "popup,width=800,height=600");
}
