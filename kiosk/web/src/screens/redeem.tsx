// The points supermarket's counter: code, goods by picture, PIN, slip.

import { useEffect, useState } from "preact/hooks";
import { type Done, quote, redeem } from "../app/desk";
import type { Good, Quote } from "../net/types";
import { points } from "../rules/units";
import type { VerifiedToken } from "../rules/verify";
import { readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Picture } from "../ui/goods";
import { Icon } from "../ui/icons";
import { SecretCode } from "../ui/pad";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen, RefusedScreen } from "./done";
import { noServer } from "./enrol";
import { pointsText } from "./words";

type Step = "scan" | "goods" | "pin" | "sending" | "refused" | "done";
export type Basket = Record<string, number>;

const PIN_DIGITS = 6;
const PIN_CODES = new Set(["pin_needed", "pin_wrong"]);

export function RedeemScreen({ go, first }: { go: Go; first: VerifiedToken | null }) {
  const counter = useRedemption(first);
  const home = (): void => go({ at: "home" });
  const fault = counter.fault && <Notice kind="failed">{counter.fault}</Notice>;
  switch (counter.step) {
    case "scan":
      return (
        <Screen title={t("Scan the points code")} onBack={home}>
          {fault}
          <Scanner onText={counter.scan} />
          <p class="hint">{t("Card or phone: hold the code in the frame. A hand scanner works too.")}</p>
        </Screen>
      );
    case "goods":
      return (
        <Screen title={t("Choose goods")} onBack={home} wide>
          {fault}
          <Shelf counter={counter} />
        </Screen>
      );
    case "pin":
      return (
        <Screen title={t("The resident types the PIN")} onBack={() => counter.setStep("goods")}>
          {fault}
          <p class="hint">{t("Turn the tablet to the resident. Six digits; nobody else looks.")}</p>
          <SecretCode label={t("PIN")} text={counter.pin} length={PIN_DIGITS} onText={counter.typePin} />
        </Screen>
      );
    case "sending":
      return (
        <Screen title={t("One moment…")}>
          <p class="busy" role="status">
            {t("Booking…")}
          </p>
        </Screen>
      );
    case "refused":
      return <RefusedScreen sentence={counter.fault} onAgain={counter.scanAgain} {...(counter.holder && { onChange: () => counter.setStep("goods") })} onHome={home} />;
    case "done":
      return <DoneScreen done={counter.done!} again={t("Next resident")} onAgain={() => go({ at: "redeem" })} onHome={home} />;
  }
}

function Shelf({ counter }: { counter: ReturnType<typeof useRedemption> }) {
  const { goods, basket, add, total, holder } = counter;
  const left = holder ? holder.available_units - total : 0;
  return (
    <>
      {holder && (
        <p class="pays" role="status">
          <span>{t("Card ending {digits}: {points} points", { digits: holder.holder_label, points: points(holder.available_units) })}</span>
          <strong>{t("{points} left", { points: pointsText(left) })}</strong>
        </p>
      )}
      <ul class="shelf">
        {goods.map((good) => (
          <li key={good.good_id} class={basket[good.good_id] ? "taken" : ""}>
            <Picture good={good} />
            <strong>{good.name}</strong>
            <span>{pointsText(good.price_units)}</span>
            <span class="small">{t("{count} in stock", { count: good.stock })}</span>
            <div class="count">
              <button type="button" onClick={() => add(good, -1)} disabled={!basket[good.good_id]} aria-label={t("One {good} less", { good: good.name })}>
                −
              </button>
              <output aria-live="polite">{basket[good.good_id] ?? 0}</output>
              <button type="button" onClick={() => add(good, 1)} disabled={good.price_units > left} aria-label={t("One {good} more", { good: good.name })}>
                +
              </button>
            </div>
          </li>
        ))}
      </ul>
      <button type="button" class="main sticky" disabled={total === 0} onClick={counter.confirm}>
        <Icon name="done" />
        {t("Redeem for {points}", { points: pointsText(total) })}
      </button>
    </>
  );
}

function useRedemption(first: VerifiedToken | null) {
  const [till, view] = useTill();
  const [step, setStep] = useState<Step>("scan");
  const [token, setToken] = useState(first);
  const [holder, setHolder] = useState<Quote | null>(null);
  const [goods, setGoods] = useState<Good[]>([]);
  const [basket, setBasket] = useState<Basket>({});
  const [pin, setPin] = useState("");
  const [fault, setFault] = useState("");
  const [done, setDone] = useState<Done | null>(null);
  const total = goods.reduce((sum, good) => sum + good.price_units * (basket[good.good_id] ?? 0), 0);

  useEffect(() => {
    void till.api.get<{ items: Good[] }>("/api/v1/goods").then((answer) => {
      till.hear(answer);
      if (answer.kind === "ok") setGoods(answer.value.items);
      else setFault(noServer());
    });
    if (first) void open(first);
  }, []);

  const open = async (whose: VerifiedToken): Promise<void> => {
    const answer = await quote(till, whose.text, 0);
    if (answer.kind !== "ok") {
      setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
      return setStep("refused");
    }
    setFault("");
    setToken(whose);
    setHolder(answer.value);
    setStep("goods");
  };

  const scan = (text: string): void => {
    if (step !== "scan") return;
    void readScan(till, text).then((read) => {
      if (read.kind === "token") {
        play("read");
        return open(read.token);
      }
      play("failed");
      return setFault(read.kind === "fault" ? read.sentence : t("This is the code of a receipt. Scan the resident's card or phone."));
    });
  };
  useScans(scan);

  const send = async (typed: string | null): Promise<void> => {
    if (!token) return;
    setStep("sending");
    setFault("");
    const lines = Object.entries(basket).map(([good_id, quantity]) => ({ good_id, quantity }));
    const result = await redeem(till, { token: token.text, lines, units: total, pin: typed });
    setPin("");
    if (result.kind !== "refused") {
      setDone(result);
      return setStep("done");
    }
    setFault(said(result.refused.zh, result.refused.en));
    const asksPin = PIN_CODES.has(result.refused.code);
    if (asksPin) play("failed");
    setStep(asksPin ? "pin" : "refused");
  };

  const pinLimit = holder?.pin_needed_above_units ?? view.state?.rules.pin_above_units_card ?? 0;
  return {
    step, setStep, goods, basket, total, holder, pin, fault, done, scan,
    add: (good: Good, count: number) => {
      const { [good.good_id]: had = 0, ...rest } = basket;
      const next = Math.max(0, had + count);
      setBasket(next > 0 ? { ...rest, [good.good_id]: next } : rest);
    },
    confirm: () => {
      if (total > pinLimit) setStep("pin");
      else void send(null);
    },
    typePin: (text: string) => {
      setPin(text);
      if (text.length === PIN_DIGITS) void send(text);
    },
    scanAgain: () => {
      setToken(null);
      setHolder(null);
      setFault("");
      setStep("scan");
    },
  };
}
