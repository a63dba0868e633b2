// The last look before a sale: what is taken off, why that much, what the customer pays and how.

import type { Channel } from "../net/types";
import type { Offer } from "../rules/offline";
import { offsetFen, stepOffset } from "../rules/offset";
import { points } from "../rules/units";
import { said, t } from "../text/t";
import { Notice, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { LateTell } from "../ui/late_tell";
import { TwoSides, whyNotWords } from "./offline_words";
import type { Bill, Choice } from "./sale";
import { channelName, cutText, pointsText, yuan } from "./words";

interface ConfirmProps {
  bill: Bill;
  choice: Choice;
  onChoice(choice: Choice): void;
  onConfirm(): void;
}

export function ConfirmSale({ bill: { totalFen, quote, offline, tell }, choice, onChoice, onConfirm }: ConfirmProps) {
  const [, view] = useTill();
  const rules = view.state!.rules;
  const off = offsetFen(choice.units, rules.units_per_fen);
  const most = quote?.proposal.units ?? offline?.offer.units ?? 0;
  const channels = offline ? rules.channels.filter((channel) => channel !== "gateway") : rules.channels;
  const step = (steps: number): void =>
    onChoice({ ...choice, units: stepOffset(choice.units, steps, rules.step_units, rules.min_units, most) });
  return (
    <>
      {tell.length > 0 && <LateTell notices={tell} />}
      <p class="pays" role="status">
        <span>{t("Customer pays")}</span>
        <strong>{yuan(totalFen - off)}</strong>
      </p>
      {quote && (
        <p class="hint">
          {quote.token_class === "crt"
            ? t("Certificate of {points} points", { points: points(quote.available_units) })
            : t("Card ending {digits}: {points} points", { digits: quote.holder_label, points: points(quote.available_units) })}
        </p>
      )}
      {offline && <Offline offer={offline.offer} />}
      {most > 0 && (
        <section class="stepper" aria-label={t("Points used")}>
          <button type="button" onClick={() => step(-1)} disabled={choice.units === 0} aria-label={t("Fewer points")}>
            −
          </button>
          <output aria-live="polite">
            <strong>{yuan(off)}</strong>
            <span>{t("off for {points}", { points: pointsText(choice.units) })}</span>
          </output>
          <button type="button" onClick={() => step(1)} disabled={choice.units >= most} aria-label={t("More points")}>
            +
          </button>
        </section>
      )}
      {quote && <p class="hint">{said(quote.proposal.sentence, quote.proposal.sentence_en)}</p>}
      <Channels channels={channels} earning={rules.approved_channels} chosen={choice.channel} stopped={rules.earning_stopped === true ? "budget_used_up" : rules.earning_paused === true ? "no_bills" : ""} onChoose={(channel) => onChoice({ ...choice, channel })} />
      <button type="button" class="main" onClick={onConfirm}>
        <Icon name="done" />
        {t("Confirm {yuan}", { yuan: yuan(totalFen - off) })}
      </button>
    </>
  );
}

/** How many points may be used without network, or why none; the sale itself goes on in any case. */
function Offline({ offer }: { offer: Offer }) {
  if (offer.why !== null) return <TwoSides {...whyNotWords(offer.why)} />;
  return <Notice kind="warning">{t("No connection. Up to {points} if the customer asks, provisionally; what the balance lacks is owed.", { points: pointsText(offer.units) })}</Notice>;
}

interface ChannelsProps {
  channels: Channel[];
  earning: Channel[];
  chosen: Channel;
  stopped: string;
  onChoose(channel: Channel): void;
}

function Channels({ channels, earning, chosen, stopped, onChoose }: ChannelsProps) {
  const notEarning = chosen !== "gateway" && !earning.includes(chosen) ? "channel_not_approved" : "";
  const why = stopped || notEarning;
  return (
    <fieldset class="channels">
      <legend>{t("Paid by")}</legend>
      {channels.map((channel) => (
        <label key={channel} class={channel === chosen ? "chosen" : ""}>
          <input type="radio" name="channel" checked={channel === chosen} onChange={() => onChoose(channel)} />
          {channelName(channel)}
        </label>
      ))}
      {why && <p class="hint">{cutText(why)}</p>}
    </fieldset>
  );
}
