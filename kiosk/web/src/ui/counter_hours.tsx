// Whether the goods counter is open, until when, and when it opens next: in words, above everything.

import { useEffect, useState } from "preact/hooks";
import { counterToday, toCount } from "../app/counter";
import type { CounterToday, Opening, ToCount } from "../net/counter_types";
import { t } from "../text/t";
import { Notice, useTill } from "./frame";

export function CounterHours() {
  const [till, view] = useTill();
  const [today, setToday] = useState<CounterToday | null>(null);
  useEffect(() => {
    void counterToday(till).then((answer) => {
      if (answer.kind === "ok") setToday(answer.value);
    });
  }, [view.state]);
  if (!today || today.always) return null;
  if (today.open && today.opening) {
    const { from, to } = today.opening;
    const facts = { to: from.slice(0, 10) === to.slice(0, 10) ? clockOf(to) : `${to.slice(0, 10)} ${clockOf(to)}` };
    return today.over ? (
      <Notice kind="warning">{t("Closing time was {to}. Only who stands in line is served now.", facts)}</Notice>
    ) : (
      <p class="hours open" role="status">
        {t("The goods counter is open until {to}.", facts)}
      </p>
    );
  }
  return <Notice kind="warning">{today.next ? t("The goods counter is closed. It opens {when}.", { when: openingText(today.next) }) : t("The goods counter is closed.")}</Notice>;
}

/** Goods handed out although the book held none: they stand here until two people have counted them. */
export function ToCountList() {
  const [till, view] = useTill();
  const [items, setItems] = useState<ToCount["items"]>([]);
  useEffect(() => {
    void toCount(till).then((answer) => {
      if (answer.kind === "ok") setItems(answer.value.items);
    });
  }, [view.state]);
  if (items.length === 0) return null;
  const goods = items.map((item) => t("{good} (book says {stock})", { good: item.name, stock: item.stock }));
  return <Notice kind="warning">{t("To be counted: {goods}", { goods: goods.join(t(", ")) })}</Notice>;
}

/** "2026-03-06 09:00 to 11:30", as the server's clock has it. */
export const openingText = (opening: Opening): string => t("{day} {from} to {to}", { day: opening.from.slice(0, 10), from: clockOf(opening.from), to: clockOf(opening.to) });

const clockOf = (moment: string): string => moment.slice(11, 16);
