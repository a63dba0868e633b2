// The steps of a visit: few large choices, each result in words, colour, sign and sound.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ToldLater } from "../net/counter_types";
import type { Good } from "../net/types";
import { points } from "../rules/units";
import { said, t } from "../text/t";
import { Picture } from "../ui/goods";
import { Icon, type IconName } from "../ui/icons";
import { Camera } from "../ui/scanner";
import type { Basket, Goal } from "./app";
import type { Kept, Mine } from "./device";
import { type News, tell } from "./speech";

const pointsText = (units: number): string => t("{points} points", { points: points(units) });

export function Heading({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 tabIndex={-1} ref={heading}>
      {children}
    </h1>
  );
}

export function Welcome({ choose }: { choose(goal: Goal): void }) {
  return (
    <>
      <Heading>{t("What would you like?")}</Heading>
      <div class="choices">
        <Choice icon="person" words={t("See my points")} onClick={() => choose("balance")} />
        <Choice icon="gift" words={t("Choose goods")} onClick={() => choose("goods")} />
      </div>
      <p>{t("Or simply show your card here.")}</p>
    </>
  );
}

function Choice({ icon, words, onClick }: { icon: IconName; words: string; onClick(): void }) {
  return (
    <button type="button" class="choice" onClick={onClick}>
      <Icon name={icon} />
      {words}
    </button>
  );
}

export function Scan({ onText, sentence }: { onText(text: string): void; sentence: string }) {
  const [facing, setFacing] = useState<"user" | "environment">("user");
  return (
    <>
      <Heading>{t("Show your card")}</Heading>
      {sentence && (
        <p class="look-here" role="status">
          <Icon name="warning" />
          {sentence}
        </p>
      )}
      <p>{t("Hold the card, or the code on your phone, in the frame.")}</p>
      <Camera facing={facing} onTurn={setFacing} onText={onText} />
    </>
  );
}

/** What is mine. Shown large to who stands here; it is never said aloud. */
export function Balance({ mine, onGoods, onPin }: { mine: Mine; onGoods(): void; onPin(): void }) {
  return (
    <>
      <Heading>{t("Your points")}</Heading>
      <p class="mine">
        <strong>{points(mine.available_units)}</strong> {t("points")}
      </p>
      <p>{t("Card ending {digits}", { digits: mine.holder_label })}</p>
      {mine.pending_units > 0 && <p>{t("{points} more once the payment is proven.", { points: pointsText(mine.pending_units) })}</p>}
      {mine.orders.map((order) => (
        <p key={order.number}>{t("Kept for you at the counter: number {number}, {points}.", { number: order.number, points: pointsText(order.units) })}</p>
      ))}
      <button type="button" class="main" onClick={onGoods}>
        <Icon name="gift" />
        {t("Choose goods")}
      </button>
      <button type="button" class="below" onClick={onPin}>
        {t("Change my PIN")}
      </button>
    </>
  );
}

interface ShelfProps {
  mine: Mine;
  goods: Good[];
  basket: Basket;
  total: number;
  add(good: Good, count: number): void;
  onNext(): void;
}

export function Shelf({ mine, goods, basket, total, add, onNext }: ShelfProps) {
  const left = mine.available_units - total;
  const shown = goods.filter((good) => good.price_units <= mine.available_units || basket[good.good_id]);
  return (
    <>
      <Heading>{t("What your points buy now")}</Heading>
      {shown.length === 0 && <p>{t("The goods here cost more points today. The staff can help you choose.")}</p>}
      <ul class="goods">
        {shown.map((good) => (
          <Ware key={good.good_id} good={good} count={basket[good.good_id] ?? 0} left={left} add={add} />
        ))}
      </ul>
      <div class="next">
        <p role="status">{t("Chosen: {points}. Then you have {left} left.", { points: pointsText(total), left: pointsText(left) })}</p>
        <button type="button" class="main" disabled={total === 0} onClick={onNext}>
          {t("Go on")}
        </button>
      </div>
    </>
  );
}

function Ware({ good, count, left, add }: { good: Good; count: number; left: number; add(good: Good, count: number): void }) {
  const most = good.free ?? good.stock;
  return (
    <li class={count > 0 ? "taken" : ""}>
      <button type="button" class="ware" disabled={good.price_units > left || count >= most} onClick={() => add(good, 1)}>
        <Picture good={good} />
        <span>{good.name}</span>
        <span class="price">{pointsText(good.price_units)}</span>
        {count > 0 && <span class="count">× {count}</span>}
      </button>
      {count > 0 && (
        <button type="button" onClick={() => add(good, -1)} aria-label={t("One {good} less", { good: good.name })}>
          −
        </button>
      )}
    </li>
  );
}

interface ConfirmProps {
  goods: Good[];
  basket: Basket;
  total: number;
  busy: boolean;
  onYes(): void;
  onBack(): void;
}

export function Confirm({ goods, basket, total, busy, onYes, onBack }: ConfirmProps) {
  return (
    <>
      <Heading>{t("Is this right?")}</Heading>
      <ul class="chosen">
        {goods
          .filter((good) => basket[good.good_id])
          .map((good) => (
            <li key={good.good_id}>
              <Picture good={good} />
              {good.name} × {basket[good.good_id]}
            </li>
          ))}
      </ul>
      <p class="mine">
        <strong>{points(total)}</strong> {t("points")}
      </p>
      <button type="button" class="main" disabled={busy} onClick={onYes}>
        <Icon name="done" />
        {t("Yes, keep it for me")}
      </button>
      <button type="button" class="below" onClick={onBack}>
        {t("Choose again")}
      </button>
    </>
  );
}

function Told({ news, icon, words, children }: { news: News; icon: IconName; words: string; children: ComponentChildren }) {
  const word = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    word.current?.focus();
    tell(news);
  }, []);
  return (
    <section class={`told ${news}`} role="status">
      <h1 tabIndex={-1} ref={word}>
        <Icon name={icon} />
        {words}
      </h1>
      {children}
    </section>
  );
}

export function KeptGoods({ kept }: { kept: Kept }) {
  return (
    <Told news="kept" icon="done" words={t("Kept for you")}>
      <p class="mine">
        {t("Number")} <strong>{kept.number}</strong>
      </p>
      <p>{t("Go to the counter with your card. {points} are set aside.", { points: pointsText(kept.units) })}</p>
    </Told>
  );
}

/** Something is not as it should be: said to who stands here, in the same quiet colour as everything else. */
export function LookHere({ sentence, onAgain }: { sentence: string; onAgain(): void }) {
  return (
    <Told news="look" icon="person" words={t("Please read this")}>
      <p>{sentence}</p>
      <button type="button" class="main" onClick={onAgain}>
        {t("Try again")}
      </button>
    </Told>
  );
}

/** How a purchase without network ended otherwise: for these eyes alone, and once. */
export function ReadThis({ notices, onRead }: { notices: ToldLater[]; onRead(): void }) {
  return (
    <Told news="look" icon="person" words={t("Please read this")}>
      {notices.map((one) => (
        <p key={one.request_id}>{said(one.zh, one.en)}</p>
      ))}
      <button type="button" class="main" onClick={onRead}>
        <Icon name="done" />
        {t("I have read it")}
      </button>
    </Told>
  );
}

export function Coming() {
  return (
    <Told news="coming" icon="person" words={t("Somebody is coming")}>
      <p>{t("What you chose is on the counter's screen already. Keep your card ready.")}</p>
    </Told>
  );
}
