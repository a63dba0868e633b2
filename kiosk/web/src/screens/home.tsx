// The home screen: first what the community owes this shop, then the few things a clerk does.

import { useEffect, useState } from "preact/hooks";
import { openDays } from "../app/close";
import { dayText } from "../rules/time";
import { hundredths } from "../rules/units";
import { readScan } from "../scan/read";
import { t } from "../text/t";
import { Alarm, AsideAlarm, Recovered, SealAlarm } from "../ui/alarms";
import { openCustomerScreen, tell } from "../ui/customer";
import { NOTHING } from "../customer/feed";
import { CounterHours, ToCountList } from "../ui/counter_hours";
import { HelpCalls } from "../ui/help_calls";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon, type IconName } from "../ui/icons";
import { useScans } from "../ui/scans";
import { play } from "../ui/sound";
import type { Go, Place } from "./app";
import { ParkedList } from "./parked";

export function HomeScreen({ go }: { go: Go }) {
  const [till, view] = useTill();
  const work: Place["at"] = till.mode === "till" ? "sale" : "redeem";
  const [unclosed, setUnclosed] = useState<number[]>([]);
  useEffect(() => {
    const today = till.today();
    void openDays(till).then((days) => setUnclosed(days.map((one) => one.day).filter((day) => day < today)));
  }, [view.waiting, view.alarms, view.state]);
  useEffect(() => tell(till, NOTHING), [view.preferences.language]);
  useScans((text) => {
    void readScan(till, text).then((read) => {
      if (read.kind === "token") go({ at: work, token: read.token } as Place);
      else if (read.kind === "voucher") go({ at: "voucher", code: read.text });
      else if (read.kind === "seal") go({ at: "check", code: read.text });
      else if (read.kind === "receipt" && till.mode === "till") go({ at: "refund", ref: read.ref });
      else play("failed");
    });
  });
  return (
    <Screen title={view.terminal?.branch_name || (view.terminal?.merchant_name ?? "")} above={<Owed />}>
      {till.mode === "counter" && <CounterHours />}
      {till.mode === "counter" && <HelpCalls go={go} />}
      {till.mode === "counter" && <ToCountList />}
      {view.sealAlarms.length > 0 && <SealAlarm go={go} />}
      {view.recoveredOn !== null && <Recovered day={view.recoveredOn} />}
      {view.aside.length > 0 && <AsideAlarm entries={view.aside} />}
      {view.alarms.map((line) => (
        <Alarm key={line.counter} line={line} />
      ))}
      {view.state?.recovery?.spending === false && (
        <Notice kind="warning">{t("The community's book is being brought back. Sell as always; points are collected, and can be used again soon. Leave this tablet switched on.")}</Notice>
      )}
      {view.missing.length > 0 && (
        <Notice kind="failed">
          {t("The community has nothing under these slip numbers of this till: {numbers}. Take those slips to the community office, which enters them by hand.", { numbers: view.missing.join(", ") })}
        </Notice>
      )}
      {unclosed.length > 0 && (
        <Notice kind="warning">{t("Not closed yet: {days}. Press “Close the day”.", { days: unclosed.map(dayText).join(", ") })}</Notice>
      )}
      {till.mode === "till" && <ParkedList go={go} />}
      <nav class="tiles" aria-label={t("Tasks")}>
        {till.isTraining ? (
          <>
            <Tile icon="sale" words={t("Sale")} first onClick={() => go({ at: "sale" })} />
            <Tile icon="refund" words={t("Refund")} onClick={() => go({ at: "refund" })} />
            <Tile icon="list" words={t("Today")} onClick={() => go({ at: "today" })} />
            <Tile icon="close" words={t("Close the day")} onClick={() => go({ at: "close" })} />
            <Tile icon="person" words={t("Shift")} onClick={() => go({ at: "shift" })} />
            <Tile icon="done" words={t("Leave the training")} first onClick={() => go({ at: "leave" })} />
          </>
        ) : till.mode === "till" ? (
          <>
            <Tile icon="sale" words={t("Sale")} first onClick={() => go({ at: "sale" })} />
            <Tile icon="refund" words={t("Refund")} onClick={() => go({ at: "refund" })} />
            <Tile icon="ticket" words={t("Voucher")} onClick={() => go({ at: "voucher" })} />
            <Tile icon="list" words={t("Today")} onClick={() => go({ at: "today" })} />
            <Tile icon="close" words={t("Close the day")} onClick={() => go({ at: "close" })} />
            <Tile icon="person" words={t("Shift")} onClick={() => go({ at: "shift" })} />
            <Tile icon="seal" words={t("Check a receipt")} onClick={() => go({ at: "check" })} />
            <Tile icon="done" words={t("Self-test")} onClick={() => go({ at: "self_test" })} />
            <Tile icon="key" words={t("Change a PIN")} onClick={() => go({ at: "pin" })} />
            <Tile icon="screen" words={t("Customer's screen")} onClick={() => openCustomerScreen(till)} />
          </>
        ) : (
          <>
            <Tile icon="gift" words={t("Redeem goods")} first onClick={() => go({ at: "redeem" })} />
            <Tile icon="queue" words={t("Call numbers")} onClick={() => go({ at: "queue" })} />
            <Tile icon="refund" words={t("Take goods back")} onClick={() => go({ at: "goods_return" })} />
            <Tile icon="book" words={t("Passbook")} onClick={() => go({ at: "passbook" })} />
            <Tile icon="ticket" words={t("Voucher")} onClick={() => go({ at: "voucher" })} />
            <Tile icon="list" words={t("Today")} onClick={() => go({ at: "today" })} />
            <Tile icon="seal" words={t("Check a receipt")} onClick={() => go({ at: "check" })} />
            <Tile icon="key" words={t("Change a PIN")} onClick={() => go({ at: "pin" })} />
            <Tile icon="screen" words={t("Customer's screen")} onClick={() => openCustomerScreen(till)} />
          </>
        )}
      </nav>
      {/* Below the tiles: it comes and goes with the network, and no tile may move under a finger. */}
      {!view.online && <OfflineNotice />}
      <footer class="row foot">
        <span>
          {view.clerk?.label} · {till.isTraining ? t("Training") : view.terminal?.terminal_code}
        </span>
        {!till.isTraining && (
          <button type="button" class="quiet" onClick={() => go({ at: "settings" })}>
            {t("Settings")}
          </button>
        )}
        {!till.isTraining && (
          <button type="button" class="quiet" onClick={() => void till.signOut()}>
            {t("Sign out")}
          </button>
        )}
      </footer>
    </Screen>
  );
}

function OfflineNotice() {
  const [till, view] = useTill();
  const mayUse = till.mode === "till" && view.state?.offline?.spending === true;
  return (
    <Notice kind="warning">
      {mayUse
        ? t("No connection. Sales are kept on this tablet and sent later; a printed card may use a few points meanwhile.")
        : t("No connection. Sales are kept on this tablet and sent later; points cannot be used until then.")}
    </Notice>
  );
}

function Owed() {
  const [till, view] = useTill();
  if (till.mode !== "till" || till.isTraining || !view.state) return null;
  const { owed } = view.state;
  const facts = { yuan: hundredths(owed.owed_fen), day: dayWords(owed.arrives_on ?? "") };
  return (
    <section class="owed" aria-label={t("What the community owes this shop")}>
      <p>
        {owed.arrives_on
          ? t("The community owes this shop {yuan} yuan; it arrives on {day}.", facts)
          : t("The community owes this shop {yuan} yuan; the next statement names the day.", facts)}
      </p>
      {owed.open_differences > 0 && <p>{t("Differences being looked into: {count}", { count: owed.open_differences })}</p>}
    </section>
  );
}

/** "2026-12-15" as people say it. */
function dayWords(day: string): string {
  const [, month = "", date = ""] = day.split("-");
  return t("{month}/{day}", { month: Number(month), day: Number(date) });
}

interface TileProps {
  icon: IconName;
  words: string;
  first?: boolean;
  onClick(): void;
}

function Tile({ icon, words, first, onClick }: TileProps) {
  return (
    <button type="button" class={first ? "tile first" : "tile"} onClick={onClick}>
      <Icon name={icon} />
      {words}
    </button>
  );
}
