// A counter sells a voucher: the resident's code, the service, the PIN where the sum asks for it.

import { useState } from "preact/hooks";
import type { Quote, Service } from "../net/types";
import { t } from "../text/t";
import { Notice, Screen } from "../ui/frame";
import { SecretCode } from "../ui/pad";
import { pointsText } from "./words";

const PIN_DIGITS = 6;

interface Props {
  holder: Quote;
  services: Service[];
  onSell(service: Service, pin: string | null): void;
  onBack(): void;
}

export function VoucherSale({ holder, services, onSell, onBack }: Props) {
  const [chosen, setChosen] = useState<Service | null>(null);
  const [pin, setPin] = useState("");
  const choose = (service: Service): void => {
    if (service.price_units <= holder.pin_needed_above_units) onSell(service, null);
    else setChosen(service);
  };
  const type = (text: string): void => {
    setPin(text);
    if (chosen && text.length === PIN_DIGITS) onSell(chosen, text);
  };
  if (chosen) {
    return (
      <Screen title={t("The resident types the PIN")} onBack={() => setChosen(null)}>
        <p class="hint">{t("Turn the tablet to the resident. Six digits; nobody else looks.")}</p>
        <SecretCode label={t("PIN")} text={pin} length={PIN_DIGITS} onText={type} />
      </Screen>
    );
  }
  return (
    <Screen title={t("Sell a voucher")} onBack={onBack}>
      <p class="pays" role="status">
        {t("{points} left", { points: pointsText(holder.available_units) })}
      </p>
      {services.length === 0 && <Notice kind="warning">{t("Nothing is on offer at the moment.")}</Notice>}
      {services.map((one) => (
        <div key={one.service_id}>
          <button type="button" class="main" disabled={one.price_units > holder.available_units} onClick={() => choose(one)}>
            {one.name} · {pointsText(one.price_units)}
          </button>
          <p class="hint">{t("Given by {provider}, good for {days} days.", { provider: one.provider, days: one.valid_days })}</p>
        </div>
      ))}
    </Screen>
  );
}
