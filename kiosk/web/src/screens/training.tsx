// The training: the till's own screens under a striped bar, and the one way out of it.

import { useEffect, useState } from "preact/hooks";
import type { ComponentType } from "preact";
import type { Till } from "../app/till";
import { openTraining } from "../app/training";
import { t, useLanguage } from "../text/t";
import { RealTillContext, Screen, TillContext, useRealTill, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import type { Go, Place, RoomProps } from "./app";

interface TrainingProps {
  real: Till;
  place: Place;
  go: Go;
  visit: number;
  Room: ComponentType<RoomProps>;
}

export function TrainingRoom({ real, place, go, visit, Room }: TrainingProps) {
  const [till, setTill] = useState<Till | null>(null);
  useEffect(() => {
    if (real.view.state) void openTraining(real).then(setTill);
  }, [real.view.state === null]);
  if (!till) return <Screen title={t("Training")}><p class="busy">{t("One moment…")}</p></Screen>;
  return (
    <RealTillContext.Provider value={real}>
      <TillContext.Provider value={till}>
        <Speaking />
        <Room key={visit} place={place} go={go} />
      </TillContext.Provider>
    </RealTillContext.Provider>
  );
}

/** The screens below speak the language chosen in the training. */
function Speaking() {
  const [, view] = useTill();
  useLanguage(view.preferences.language);
  return null;
}

/** Out of the training: said in words first, done by a second touch. */
export function LeaveTraining({ go }: { go: Go }) {
  const real = useRealTill();
  const [, view] = useTill();
  const leave = (): void => {
    go({ at: "home" });
    void real?.setTraining(false);
  };
  return (
    <Screen title={t("Leave the training")} onBack={() => go({ at: "home" })}>
      <p>{t("From the next sale on everything counts: points and yuan are real, and receipts carry the numbers of till {code}.", { code: real?.view.terminal?.terminal_code ?? view.terminal?.terminal_code ?? "" })}</p>
      <p>{t("What was practised stays in the training and is in no sum of the shop. You can come back to it in the settings.")}</p>
      <button type="button" class="main" onClick={leave}>
        <Icon name="done" />
        {t("Start real sales")}
      </button>
    </Screen>
  );
}
