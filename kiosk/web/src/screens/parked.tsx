// Parked baskets: put aside with one touch, taken up again from the home screen.

import { useEffect, useState } from "preact/hooks";
import { MOST_PARKED, park, type ParkedBasket, parkedBaskets, resume } from "../app/parked";
import { uuid7 } from "../rules/ids";
import { clockText } from "../rules/time";
import { fenOf } from "../rules/units";
import { t } from "../text/t";
import { useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import type { Go } from "./app";
import { yuan } from "./words";

interface ParkProps {
  amount: string;
  onParked(): void;
  onFault(sentence: string): void;
}

export function ParkButton({ amount, onParked, onFault }: ParkProps) {
  const [till] = useTill();
  const put = async (): Promise<void> => {
    const kept = await park(till, { id: uuid7(till.clock.now()), parked_at: till.now(), amount });
    if (kept) onParked();
    else onFault(t("{most} baskets are parked already. Finish one of them first.", { most: MOST_PARKED }));
  };
  return (
    <button type="button" class="below" onClick={() => void put()}>
      <Icon name="waiting" />
      {t("Park this basket")}
    </button>
  );
}

export function ParkedList({ go }: { go: Go }) {
  const [till] = useTill();
  const [baskets, setBaskets] = useState<ParkedBasket[]>([]);
  useEffect(() => void parkedBaskets(till).then(setBaskets), []);
  if (baskets.length === 0) return null;
  const take = async (basket: ParkedBasket): Promise<void> => {
    const found = await resume(till, basket.id);
    if (found) go({ at: "sale", amount: found.amount });
    else setBaskets(await parkedBaskets(till));
  };
  return (
    <section class="parked" aria-label={t("Parked baskets")}>
      <h2>{t("Parked baskets")}</h2>
      <ul class="lines">
        {baskets.map((basket) => (
          <li key={basket.id}>
            <button type="button" onClick={() => void take(basket)}>
              <Icon name="waiting" />
              <span>{clockText(basket.parked_at)}</span>
              <strong>{yuan(fenOf(basket.amount))}</strong>
              <span>{t("Take up again")}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
