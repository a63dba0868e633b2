// What a person must see before it goes away: a book that does not fit, a sale that went differently, one that cannot be sent.

import type { SetAside } from "../app/till";
import type { DayLine } from "../device/db";
import type { Go } from "../screens/app";
import { differenceText, yuan } from "../screens/words";
import { dayText } from "../rules/time";
import { hundredths } from "../rules/units";
import { said, t } from "../text/t";
import { useTill } from "./frame";

/** The book does not fit what this till has seen of it. It stands here until it fits again; nothing else stops. */
export function SealAlarm({ go }: { go: Go }) {
  const [, view] = useTill();
  const hotline = view.state?.community.hotline;
  return (
    <section class="alarm" role="alert">
      <p>
        <strong>{t("The seal does not fit: the community's book is not the one this till has seen before.")}</strong>
      </p>
      <p>{t("Go on selling; customers lose nothing. Tell the street office, and do not clear this tablet: it holds the proof.")}</p>
      {hotline && <p>{t("Hotline of the community: {hotline}", { hotline })}</p>}
      <button type="button" onClick={() => go({ at: "check", evidence: true })}>
        {t("Show what does not fit")}
      </button>
    </section>
  );
}

/** The community lost the end of its book and said so under its own key: no alarm, but nothing to keep quiet about. */
export function Recovered({ day }: { day: number }) {
  const [till] = useTill();
  return (
    <section class="alarm declared" role="status">
      <p>{t("On {day} the community restored its book after a loss and declared it. What this till sold since is sent again by itself; customers lose nothing.", { day: dayText(day) })}</p>
      <button type="button" onClick={() => void till.acknowledgeRecovery()}>
        {t("I have seen this")}
      </button>
    </section>
  );
}

/** Something the server answered otherwise than the clerk confirmed; it stays until a person has seen it. */
export function Alarm({ line }: { line: DayLine }) {
  const [till] = useTill();
  const facts = { ref: line.ref, yuan: hundredths(line.total_fen) };
  return (
    <section class="alarm" role="alert">
      <p>
        <strong>
          {line.state === "refused"
            ? t("{ref} over {yuan} yuan was sent late and refused. It is not booked.", facts)
            : t("{ref}: the server booked something else than you confirmed. Call the community office.", facts)}
        </strong>
      </p>
      {line.refused && <p>{said(line.refused.zh, line.refused.en)}</p>}
      {line.differences.map((one) => (
        <p key={one.field}>{differenceText(one)}</p>
      ))}
      <button type="button" onClick={() => void till.acknowledge(line)}>
        {t("I have seen this")}
      </button>
    </section>
  );
}

/** Writes that cannot be sent: kept and shown until they can, while everything behind them goes on. */
export function AsideAlarm({ entries }: { entries: SetAside[] }) {
  const [till] = useTill();
  return (
    <section class="alarm declared" role="alert">
      <p>
        <strong>{t("Set aside, because the server does not take it. It is kept; all other sales go on.")}</strong>
      </p>
      {entries.map(({ waiting, line }) => (
        <p key={waiting.request_id}>
          {line ? `${line.ref} · ${yuan(line.total_fen)}` : t("The claim of a day, batch {batch}", { batch: waiting.batch_no ?? 0 })}
          <br />
          {reasonOf(waiting.aside)}
        </p>
      ))}
      <button type="button" onClick={() => void till.retryAside()}>
        {t("Try again now")}
      </button>
    </section>
  );
}

function reasonOf(aside: SetAside["waiting"]["aside"]): string {
  if (aside?.why === "unreadable") return t("This tablet cannot read it any more. Give the slip to the community office, which enters it by hand.");
  return aside?.refused ? said(aside.refused.zh, aside.refused.en) : t("The server gave no answer to it several times. Tell the community office if it stays here.");
}
