// The screen towards the customer: what it costs, what points take off, what is to be paid, in figures read from two metres.

import { useEffect, useState } from "preact/hooks";
import type { Mode } from "../net/types";
import { countPoints } from "../rules/units";
import { pointsText, yuan } from "../screens/words";
import { QrCode } from "../ui/receipt";
import { t, useLanguage } from "../text/t";
import { AGAIN_MS, channelName, HELLO, NOTHING, SILENT_MS, type Told } from "./feed";

const FIRST: Told = { ...NOTHING, tab: "", shop: "", language: "zh", precision: 2, training: false };

export function CustomerScreen({ mode }: { mode: Mode }) {
  const told = useFeed(mode);
  useLanguage(told.language);
  countPoints(told.precision);
  document.title = told.shop || t("Community points");
  return (
    <div class={`customer ${told.step}`}>
      <header>
        <h1>{told.shop || t("Community points")}</h1>
        {told.training && <p class="training-bar">{t("Training: nothing counts, nobody pays")}</p>}
      </header>
      <main>
        {told.step !== "idle" && <Sums told={told} mode={mode} />}
        {told.code && <QrCode text={told.code} label={t("The bill as a code")} proof />}
        <p class="say" role="status">
          {sentence(told)}
        </p>
      </main>
    </div>
  );
}

function Sums({ told, mode }: { told: Told; mode: Mode }) {
  const isOffset = told.off_fen > 0;
  const rows: [label: string, value: string, large: boolean][] = [];
  if (mode === "till") {
    rows.push([t("Total"), yuan(told.total_fen), false]);
    if (isOffset) rows.push([t("Taken off by points"), `−${yuan(told.off_fen)}`, false], [t("Points used"), pointsText(told.units), false]);
    if (told.step === "pay" || told.step === "done" || isOffset) rows.push([t("To pay"), yuan(told.pay_fen), true]);
  } else {
    rows.push([t("Points used"), pointsText(told.units), true]);
    if (told.pay_fen > 0) rows.push([t("To pay"), yuan(told.pay_fen), true]);
  }
  return (
    <dl>
      {rows.map(([label, value, large]) => (
        <div key={label} class={large ? "large" : ""}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One sentence for each step; whatever goes wrong on the other side is the same "one moment". */
function sentence({ step }: Told): string {
  switch (step) {
    case "idle":
      return t("Welcome");
    case "amount":
      return t("Please look whether the sum is right.");
    case "show":
      return t("Please show your points card or the code on your phone.");
    case "phone":
      return t("Scan this with your phone and confirm there.");
    case "pay":
      return t("Is this right? Then pay as you like.");
    case "wait":
      return t("One moment please, the clerk is with you.");
    case "done":
      return t("Thank you. Please take your receipt.");
  }
}

/** What the till says; of several windows the one that has a customer, and nothing once all are silent. */
function useFeed(mode: Mode): Told {
  const [told, setTold] = useState<Told>(FIRST);
  useEffect(() => {
    const channel = new BroadcastChannel(channelName(mode));
    let followed = "";
    let heardAt = 0;
    channel.onmessage = ({ data }: MessageEvent<Told | string>) => {
      if (typeof data === "string") return;
      const isFree = followed === "" || followed === data.tab;
      if (data.step === "idle" && !isFree) return;
      followed = data.step === "idle" ? "" : data.tab;
      heardAt = Date.now();
      setTold(data);
    };
    channel.postMessage(HELLO);
    const timer = setInterval(() => {
      if (heardAt === 0 || Date.now() - heardAt < SILENT_MS) return;
      followed = "";
      setTold((last) => ({ ...last, ...NOTHING }));
    }, AGAIN_MS / 3);
    return () => {
      clearInterval(timer);
      channel.close();
    };
  }, []);
  return told;
}
