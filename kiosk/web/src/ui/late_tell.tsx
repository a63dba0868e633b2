// Few holders have anything to be told of, so what shows it is not in the first load.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ToldLater } from "../net/counter_types";

export function LateTell({ notices }: { notices: ToldLater[] }) {
  const [Found, setFound] = useState<((props: { notices: ToldLater[] }) => JSX.Element | null) | null>(null);
  useEffect(() => {
    if (notices.length > 0) void import("./told").then(({ TellHolder }) => setFound(() => TellHolder));
  }, []);
  return Found && <Found notices={notices} />;
}
