// The slip of an opening or closing: what should be there, what was counted, and the entry's own mark.

import type { ShiftEntry } from "../app/shifts";
import type { Channel } from "../net/types";
import { channelName, yuan } from "../screens/words";
import { t } from "../text/t";
import { useTill } from "./frame";

/** The first signs of the entry's hash: enough to find it in the book. */
const MARK = 12;

export function ShiftSlip({ entry }: { entry: ShiftEntry }) {
  const [till, view] = useTill();
  return (
    <article class={`slip mm${view.preferences.paper}`} aria-label={t("Slip of the shift")}>
      {till.isTraining && <p class="training-bar">{t("Training: not a receipt")}</p>}
      <h2>
        {entry.kind === "open" ? t("Shift {number} opened", { number: entry.shift_no }) : t("Shift {number} closed", { number: entry.shift_no })}
      </h2>
      <dl>
        {rowsOf(entry, view.terminal?.terminal_code ?? "").map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="ref">
        {entry.n} · {entry.hash.slice(0, MARK)}
      </p>
    </article>
  );
}

const timeText = (at: string): string => at.slice(0, 16).replace("T", " ");

/** A difference with its sign, so that nobody reads too little as too much. */
const signed = (fen: number): string => (fen > 0 ? `+${yuan(fen)}` : fen < 0 ? `−${yuan(-fen)}` : yuan(0));

/** The slip's lines, for the screen and for a receipt printer. */
export function rowsOf(entry: ShiftEntry, terminalCode: string): [string, string][] {
  const head: [string, string][] = [
    [t("Till"), terminalCode],
    [t("Clerk"), entry.clerk_label],
    [t("Time"), timeText(entry.at)],
  ];
  const drawer: [string, string][] = [
    [t("Should be in the drawer"), yuan(entry.expected_fen)],
    [t("Counted in the drawer"), yuan(entry.counted_fen)],
    [t("Difference of cash"), signed(entry.counted_fen - entry.expected_fen)],
  ];
  if (entry.kind === "open" || !entry.sums) return [...head, ...drawer];
  const { sums } = entry;
  const paid = Object.entries(sums.paid_fen).map(([how, fen]): [string, string] => [channelName(how as Channel), yuan(fen)]);
  const slips = entry.counted_slips - entry.expected_slips;
  return [
    ...head,
    ...(entry.opened_at ? [[t("Opened at"), timeText(entry.opened_at)] as [string, string]] : []),
    [t("Receipts from and to"), entry.last_counter < entry.first_counter ? "0" : `${entry.first_counter} – ${entry.last_counter}`],
    [t("Sales"), String(sums.sales)],
    [t("Refunds"), String(sums.refunds)],
    ...paid,
    [t("Points took off"), yuan(sums.offset_fen)],
    [t("Returned by refunds"), yuan(sums.offset_back_fen)],
    [t("Opened with"), yuan(entry.opened_fen)],
    [t("Cash given back"), yuan(sums.cash_back_fen)],
    ...(sums.other_back_fen > 0 ? [[t("Given back otherwise"), yuan(sums.other_back_fen)] as [string, string]] : []),
    ...drawer,
    [t("Taken out of the drawer"), yuan(entry.taken_fen)],
    [t("Left for the next shift"), yuan(entry.counted_fen - entry.taken_fen)],
    [t("Slips expected"), String(entry.expected_slips)],
    [t("Slips counted"), String(entry.counted_slips)],
    [t("Difference of slips"), slips > 0 ? `+${slips}` : String(slips).replace("-", "−")],
  ];
}
