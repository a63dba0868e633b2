// A voucher or a benefit by agreement: scan it, or type the voucher's number; a resident's code shows the benefits.

import { useEffect, useState } from "preact/hooks";
import { benefits, type Done, giveBenefit, quote, redeemVoucher, sellVoucher, services } from "../app/desk";
import type { Benefit, Quote, Service } from "../net/types";
import { fenOf } from "../rules/units";
import { readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Amount } from "../ui/pad";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen, RefusedScreen } from "./done";
import { noServer } from "./enrol";
import { VoucherSale } from "./voucher_sale";

const NUMBER_DIGITS = 11;

interface Holder {
  token: string;
  offers: Benefit[];
  /** At a counter: what the holder has, and what can be bought. */
  buys: { quote: Quote; services: Service[] } | null;
}

export function VoucherScreen({ go, first }: { go: Go; first: string | null }) {
  const [till] = useTill();
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const [holder, setHolder] = useState<Holder | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const [refused, setRefused] = useState("");
  const home = (): void => go({ at: "home" });
  const fail = (sentence: string): void => {
    play("failed");
    setFault(sentence);
  };

  const finish = async (work: Promise<Done>): Promise<void> => {
    setBusy(true);
    const result = await work;
    setBusy(false);
    if (result.kind === "refused") {
      play("failed");
      setRefused(said(result.refused.zh, result.refused.en));
    } else setDone(result);
  };
  const show = async (token: string): Promise<void> => {
    if (till.mode === "counter") return sale(token);
    const answer = await benefits(till, token);
    if (answer.kind !== "ok") return fail(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
    if (answer.value.items.length === 0) return fail(t("This shop gives no benefit by agreement. Scan a voucher instead."));
    setHolder({ token, offers: answer.value.items, buys: null });
  };
  const sale = async (token: string): Promise<void> => {
    const [found, offered] = [await quote(till, token, 0), await services(till)];
    for (const answer of [found, offered]) {
      if (answer.kind !== "ok") return fail(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
    }
    if (found.kind === "ok" && offered.kind === "ok") {
      setHolder({ token, offers: [], buys: { quote: found.value, services: offered.value.items } });
    }
  };
  const take = (text: string): void => {
    if (busy || done || refused) return;
    setFault("");
    void readScan(till, text).then((read) => {
      if (read.kind === "voucher") return finish(redeemVoucher(till, read.text));
      if (read.kind === "token") return show(read.token.text);
      return fail(read.kind === "fault" ? read.sentence : t("This is neither a voucher nor a points code. Scan again."));
    });
  };
  useScans(take);
  useEffect(() => {
    if (first) take(first);
  }, []);

  if (done) return <DoneScreen done={done} again={t("Next voucher")} onAgain={() => go({ at: "voucher" })} onHome={home} />;
  if (refused) return <RefusedScreen sentence={refused} onAgain={() => go({ at: "voucher" })} onHome={home} />;
  if (busy) {
    return (
      <Screen title={t("One moment…")}>
        <p class="busy" role="status">
          {t("Booking…")}
        </p>
      </Screen>
    );
  }
  if (holder?.buys) {
    const { buys, token } = holder;
    return (
      <VoucherSale
        holder={buys.quote}
        services={buys.services}
        onSell={(service, pin) => void finish(sellVoucher(till, { token, service, pin }))}
        onBack={() => go({ at: "voucher" })}
      />
    );
  }
  if (holder) {
    const give = (code: string, totalFen: number): void => void finish(giveBenefit(till, { token: holder.token, code, totalFen }));
    return <Offers offers={holder.offers} onGive={give} onBack={() => go({ at: "voucher" })} />;
  }
  return (
    <Screen title={t("Scan the voucher")} onBack={home}>
      {fault && <Notice kind="failed">{fault}</Notice>}
      <Scanner onText={take} />
      <Typed onNumber={(number) => void finish(redeemVoucher(till, number))} />
      <p class="hint">{till.mode === "counter" ? t("To sell a voucher scan the resident's own code.") : t("For a discount by agreement scan the resident's own code.")}</p>
    </Screen>
  );
}

function Typed({ onNumber }: { onNumber(number: string): void }) {
  const [typed, setTyped] = useState("");
  const digits = typed.replace(/\D/g, "");
  const send = (event: Event): void => {
    event.preventDefault();
    onNumber(digits);
  };
  return (
    <form class="find" onSubmit={send}>
      <label>
        {t("Or type the voucher's number")}
        <input value={typed} onInput={(event) => setTyped(event.currentTarget.value)} placeholder="1234-5678-903" inputMode="numeric" autoComplete="off" maxLength={20} />
      </label>
      <button type="submit" disabled={digits.length !== NUMBER_DIGITS}>
        {t("Redeem the voucher")}
      </button>
    </form>
  );
}

interface OffersProps {
  offers: Benefit[];
  onGive(code: string, totalFen: number): void;
  onBack(): void;
}

/** What the holder may have here; the bill is typed, and the shop bears what comes off. */
function Offers({ offers, onGive, onBack }: OffersProps) {
  const [typed, setTyped] = useState("");
  const fen = fenOf(typed);
  return (
    <Screen title={t("Benefit by agreement")} onBack={onBack}>
      <Amount label={t("The bill")} text={typed} onText={setTyped} />
      {offers.map((one) => (
        <div key={one.code}>
          <button type="button" class="main" disabled={!one.eligible || !fen} onClick={() => fen && onGive(one.code, fen)}>
            {t("{name}: {percent}% off", { name: one.name, percent: one.percent_off })}
          </button>
          <p class="hint">{one.eligible ? burnText(one) : t("The balance is not high enough for this benefit.")}</p>
        </div>
      ))}
      <p class="hint">{t("The shop bears what comes off; it is not claimed.")}</p>
    </Screen>
  );
}

const burnText = (one: Benefit): string =>
  one.burn_points === "0" ? t("It uses no points.") : t("It uses up {points} points.", { points: one.burn_points });
