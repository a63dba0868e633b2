// How a sale without network ended, for its holder to read: nobody near hears of it, the loudspeaker says where to look.

import { useEffect, useState } from "preact/hooks";
import { noteTold } from "../app/told";
import type { ToldLater } from "../net/counter_types";
import { said, t } from "../text/t";
import { useTill } from "./context";
import { Icon } from "./icons";
import { say } from "./speaker";

/** Stands above what the clerk is about to do until the holder has read it; the work itself goes on in any case. */
export function TellHolder({ notices }: { notices: ToldLater[] }) {
  const [till] = useTill();
  const [left, setLeft] = useState(notices);
  useEffect(() => {
    if (left.length > 0) void say({ news: "look" });
  }, []);
  if (left.length === 0) return null;
  const done = (): void => {
    setLeft([]);
    void noteTold(till, left);
  };
  return (
    <section class="tell" role="status" aria-label={t("For the customer:")}>
      <p>
        <Icon name="person" />
        <strong>{t("For the customer:")}</strong>
      </p>
      {left.map((one) => (
        <p key={one.request_id} class="sentence">
          {said(one.zh, one.en)}
        </p>
      ))}
      <p>
        <strong>{t("For you:")}</strong> {t("Turn the tablet and let them read it; do not read it out. Go on as always: nothing is to be paid here.")}
      </p>
      <button type="button" onClick={done}>
        <Icon name="done" />
        {t("They have read it")}
      </button>
    </section>
  );
}
