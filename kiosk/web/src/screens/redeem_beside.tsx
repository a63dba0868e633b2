// Beside the basket: orders that wait for this card, and whoever collects for its holder.

import { useState } from "preact/hooks";
import type { GoodsOrder, Holder, Proxy, Relation } from "../net/types";
import { mark, t } from "../text/t";
import { Icon } from "../ui/icons";
import { priceText } from "./words";

// The server prints the same words on the slip.
const RELATIONS: Record<Relation, string> = {
  child: mark("son or daughter"),
  spouse: mark("husband or wife"),
  grandchild: mark("grandchild"),
  neighbour: mark("neighbour"),
  carer: mark("carer"),
  volunteer: mark("volunteer"),
  other: mark("somebody else"),
};

export function WaitingOrders({ holder, collect }: { holder: Holder; collect(order: GoodsOrder): void }) {
  return (
    <>
      {holder.orders.map((order) => (
        <section class="order" key={order.order_id} aria-label={t("Order {number}", { number: order.number })}>
          <p>
            <strong>{t("Order {number}", { number: order.number })}</strong> {order.lines.map((line) => `${line.name} × ${line.quantity}`).join(t(", "))} · {priceText(order.units, order.paid_fen ?? 0)}
          </p>
          {order.slot_from && <p>{t("By time, from {moment}", { moment: order.slot_from.slice(0, 16).replace("T", " ") })}</p>}
          <button type="button" onClick={() => collect(order)}>
            <Icon name="gift" />
            {t("Hand the order out")}
          </button>
        </section>
      ))}
    </>
  );
}

interface ProxyProps {
  known: Proxy[];
  chosen: Proxy | null;
  choose(proxy: Proxy | null): void;
}

/** Touch alone for who came before; a name is typed once. */
export function WhoCollects({ known, chosen, choose }: ProxyProps) {
  const [isOpen, setOpen] = useState(false);
  const [relation, setRelation] = useState<Relation | null>(null);
  const [name, setName] = useState("");
  if (chosen) {
    return (
      <p class="order">
        <strong>{t("Collected by {relation}: {name}", { relation: t(RELATIONS[chosen.relation]), name: chosen.name })}</strong>
        <button type="button" class="quiet" onClick={() => choose(null)}>
          {t("The holder is here")}
        </button>
      </p>
    );
  }
  if (!isOpen) {
    return (
      <button type="button" class="below" onClick={() => setOpen(true)}>
        <Icon name="person" />
        {t("Somebody collects for the holder")}
      </button>
    );
  }
  return (
    <fieldset class="channels proxies">
      <legend>{t("Who collects?")}</legend>
      {known.map((proxy) => (
        <button type="button" key={`${proxy.relation}${proxy.name}`} onClick={() => choose(proxy)}>
          {t(RELATIONS[proxy.relation])} {proxy.name}
        </button>
      ))}
      {(Object.keys(RELATIONS) as Relation[]).map((one) => (
        <button type="button" key={one} aria-pressed={relation === one} class={relation === one ? "chosen" : ""} onClick={() => setRelation(one)}>
          {t(RELATIONS[one])}
        </button>
      ))}
      {relation && (
        <label class="search">
          <span>{t("Name of who collects")}</span>
          <input type="text" autoComplete="off" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
      )}
      {relation && (
        <button type="button" disabled={name.trim() === ""} onClick={() => choose({ relation, name: name.trim() })}>
          {t("Take this person")}
        </button>
      )}
    </fieldset>
  );
}
