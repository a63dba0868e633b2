// The shelf in pictures: what these points buy now, what is a few points away, and the basket under it.

import { useState } from "preact/hooks";
import type { Good, GoodsOrder, Holder, Proxy } from "../net/types";
import { buys, type Near } from "../rules/afford";
import { matching } from "../rules/find_good";
import { points, unitsPerPoint } from "../rules/units";
import { t } from "../text/t";
import { Notice } from "../ui/frame";
import { Picture } from "../ui/goods";
import { Icon } from "../ui/icons";
import { WaitingOrders, WhoCollects } from "./redeem_beside";
import { pointsText, priceText, yuan } from "./words";

export type Basket = Record<string, number>;

interface ShelfProps {
  goods: Good[];
  basket: Basket;
  holder: Holder;
  total: number;
  paidFen: number;
  add(good: Good, count: number): void;
  clear(): void;
  confirm(): void;
  proxy: Proxy | null;
  setProxy(proxy: Proxy | null): void;
  collect(order: GoodsOrder): void;
  orderForLater(): void;
}

export function Shelf({ goods, basket, holder, total, paidFen, add, clear, confirm, proxy, setProxy, collect, orderForLater }: ShelfProps) {
  const [typed, setTyped] = useState("");
  const left = holder.available_units - total;
  const paused = goods.filter((good) => good.paused);
  const shown = buys(matching(goods.filter((good) => !good.paused), typed), holder.available_units, unitsPerPoint());
  const card = (good: Good) => <Card key={good.good_id} good={good} count={basket[good.good_id] ?? 0} left={left} add={add} />;
  return (
    <>
      <p class="pays holder" role="status">
        <span>{t("Card ending {digits}: {points} points", { digits: holder.holder_label, points: points(holder.available_units) })}</span>
        <strong>{t("{points} left", { points: pointsText(left) })}</strong>
      </p>
      {holder.owed_units > 0 && <Notice kind="warning">{t("{points} are owed after a refund; goods wait until they are earned back.", { points: pointsText(holder.owed_units) })}</Notice>}
      <WaitingOrders holder={holder} collect={collect} />
      <label class="search">
        <span>{t("Find goods: name, first letters, number or barcode")}</span>
        <input type="text" inputMode="text" autoComplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      </label>
      {typed === "" && total === 0 && shown.together.length > 0 && (
        <button type="button" class="together" onClick={() => shown.together.forEach((good) => add(good, 1))}>
          <span class="words">{t("{points} buy all of these together", { points: pointsText(holder.available_units) })}</span>
          <span class="pictures" aria-hidden="true">
            {shown.together.map((good) => (
              <Picture key={good.good_id} good={good} />
            ))}
          </span>
          <span class="words">{shown.together.map((good) => good.name).join(" + ")}</span>
        </button>
      )}
      <h2>{t("These points buy now")}</h2>
      {shown.now.length > 0 ? <ul class="shelf">{shown.now.map(card)}</ul> : <p>{t("Nothing on the shelf costs so little today.")}</p>}
      {shown.near.length > 0 && <Away title={t("A few points more buy")} goods={shown.near} />}
      {shown.far.length > 0 && <Away title={t("More points buy")} goods={shown.far} quiet />}
      {paused.length > 0 && (
        <section class="away quiet">
          <h2>{t("Not handed out now")}</h2>
          {paused.map((good) => (
            <p key={good.good_id}>
              <strong>{good.name}</strong> {good.paused}
            </p>
          ))}
        </section>
      )}
      <WhoCollects known={holder.proxies} chosen={proxy} choose={setProxy} />
      <div class="sticky basket">
        {total > 0 && (
          <p>
            {goods
              .filter((good) => basket[good.good_id])
              .map((good) => `${good.name} × ${basket[good.good_id]}`)
              .join(t(", "))}
            <button type="button" class="quiet" onClick={orderForLater}>
              {t("Keep for another day")}
            </button>
            <button type="button" class="quiet" onClick={clear}>
              {t("Empty the basket")}
            </button>
          </p>
        )}
        <button type="button" class="main" disabled={total === 0} onClick={confirm}>
          <Icon name="done" />
          {t("Redeem for {points}", { points: priceText(total, paidFen) })}
        </button>
      </div>
    </>
  );
}

interface CardProps {
  good: Good;
  count: number;
  left: number;
  add(good: Good, count: number): void;
}

function Card({ good, count, left, add }: CardProps) {
  return (
    <li class={count > 0 ? "taken" : ""}>
      <Picture good={good} />
      <strong>{good.name}</strong>
      <Price good={good} />
      <Stock good={good} taken={count} />
      <div class="count">
        <button type="button" onClick={() => add(good, -1)} disabled={count === 0} aria-label={t("One {good} less", { good: good.name })}>
          −
        </button>
        <output aria-live="polite">{count}</output>
        <button type="button" onClick={() => add(good, 1)} disabled={good.price_units > left} aria-label={t("One {good} more", { good: good.name })}>
          +
        </button>
      </div>
    </li>
  );
}

/** Points and yuan each stay on a line of their own: never the number without its unit. */
function Price({ good }: { good: Good }) {
  return (
    <span class="price">
      {pointsText(good.price_units)}
      {(good.price_fen ?? 0) > 0 && <br />}
      {(good.price_fen ?? 0) > 0 && `+ ${yuan(good.price_fen ?? 0)}`}
    </span>
  );
}

/** What the book says of the shelf. Nobody who holds the goods is sent away because it says nothing is left. */
function Stock({ good, taken }: { good: Good; taken: number }) {
  const free = good.free ?? good.stock;
  if (free <= 0 || free < taken) return <span class="stock short">{t("Book says 0. Hand it out if you hold it; it will be counted.")}</span>;
  return <span class={good.is_low || free <= 3 ? "stock low" : "stock"}>{t("{count} in stock", { count: free })}</span>;
}

function Away({ title, goods, quiet }: { title: string; goods: Near<Good>[]; quiet?: boolean }) {
  return (
    <section class={quiet ? "away quiet" : "away"}>
      <h2>{title}</h2>
      <ul class="shelf">
        {goods.map(({ good, missing_units }) => (
          <li key={good.good_id}>
            <Picture good={good} />
            <strong>{good.name}</strong>
            <Price good={good} />
            <span class="missing">{t("{points} short", { points: pointsText(missing_units) })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
