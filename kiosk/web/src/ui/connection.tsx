// Always on the screen: whether the server is there, when it last told this till anything, and how many writes wait.

import { useEffect, useState } from "preact/hooks";
import { t } from "../text/t";
import { useTill } from "./context";

const LOOK_MS = 20_000;
const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 1_440;

export function Connection() {
  const [till, view] = useTill();
  const [, look] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => look((times) => times + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const calm = view.online && view.waiting === 0;
  return (
    <div class={`connection ${calm ? "good" : "open"}`}>
      <span role="status">
        <strong>{view.online ? t("Online") : t("Offline")}</strong>
        <span>{t("{count} waiting", { count: view.waiting })}</span>
        {view.aside.length > 0 && <span>{t("{count} set aside", { count: view.aside.length })}</span>}
      </span>
      <span>{ageWords(view.syncedAt, till.clock.now())}</span>
    </div>
  );
}

/** How old what the till knows is, as people say it. */
export function ageWords(syncedAt: number | null, nowMs: number): string {
  if (syncedAt === null) return t("never synced");
  const minutes = Math.floor((nowMs - syncedAt) / MINUTE_MS);
  if (minutes < 2) return t("synced just now");
  if (minutes < HOUR_MINUTES) return t("synced {minutes} minutes ago", { minutes });
  if (minutes < DAY_MINUTES) return t("synced {hours} hours ago", { hours: Math.floor(minutes / HOUR_MINUTES) });
  return t("synced {days} days ago", { days: Math.floor(minutes / DAY_MINUTES) });
}
