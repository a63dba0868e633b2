// What is said when the server is not there: one sentence for the holder, one for the clerk. Neither is ever spoken aloud.

import type { WhyNot } from "../rules/offline";
import type { CardState } from "../rules/status_list";
import { mark, t } from "../text/t";
import { Notice } from "../ui/frame";

export interface Sides {
  holder: string;
  clerk: string;
}

const NO_POINTS_NOW = mark("There is no connection, so no points can be used this time. They stay yours, and this purchase still earns.");

const WHY_NOT: Record<WhyNot, Sides> = {
  never_told: { holder: NO_POINTS_NOW, clerk: mark("This till has not been told any limits yet. Take the full price; connect the till once.") },
  not_allowed: { holder: NO_POINTS_NOW, clerk: mark("This shop takes no points without network. Take the full price; the community office can allow it.") },
  recovering: { holder: NO_POINTS_NOW, clerk: mark("The community's book is being brought back. Take the full price; points can be used again soon.") },
  too_long: { holder: NO_POINTS_NOW, clerk: mark("This till has been without network for too long to take points. Take the full price; connect the till.") },
  list_old: { holder: NO_POINTS_NOW, clerk: mark("The list of lost cards on this till is too old to take points. Take the full price; connect the till.") },
  code_class: {
    holder: mark("Without network this code cannot use points. The printed card can use some."),
    clerk: mark("Ask for the printed card, or take the full price."),
  },
  code_taken: {
    holder: mark("This spare code was used here before. Please show the printed card, or another code."),
    clerk: mark("A spare code works once. Scan another code, or sell without one."),
  },
  card_used_up: {
    holder: mark("This card has used what it may use here today without network. With network it works as always."),
    clerk: mark("Take the full price; the purchase still earns."),
  },
  terminal_used_up: { holder: NO_POINTS_NOW, clerk: mark("This till has let go what it may today without network. Take the full price; connect the till.") },
  bill_too_small: { holder: mark("This bill is too small for points."), clerk: mark("Take the full price; the purchase still earns.") },
};

const CARD: Record<Exclude<CardState, "good">, Sides> = {
  revoked: {
    holder: mark("This card is no longer in use. Please ask at the community office; your points are safe."),
    clerk: mark("Do not scan this card again. Sell without a card, or wait for another code."),
  },
  suspended: {
    holder: mark("This card is paused. Please ask at the community office; your points are safe."),
    clerk: mark("Sell without a card, or wait for another code."),
  },
  replaced: {
    holder: mark("A newer card was issued to you. Please use the new one."),
    clerk: mark("Ask for the new card, or sell without a card."),
  },
};

const inWords = ({ holder, clerk }: Sides): Sides => ({ holder: t(holder), clerk: t(clerk) });

export const whyNotWords = (why: WhyNot): Sides => inWords(WHY_NOT[why]);
export const cardWords = (state: Exclude<CardState, "good">): Sides => inWords(CARD[state]);

/** Both sentences, each with whom it is for. */
export function TwoSides({ holder, clerk }: Sides) {
  return (
    <Notice kind="warning">
      <strong>{t("For the customer:")}</strong> {holder}
      <br />
      <strong>{t("For you:")}</strong> {clerk}
    </Notice>
  );
}
