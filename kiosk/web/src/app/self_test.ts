// The opening self-test: what must work before the first customer, tried one after the other, network or not.

import { deviceKey, sha256, subtleCrypto } from "../device/keys";
import { readMeta } from "../device/db";
import { mark } from "../text/t";
import { ScanError } from "../rules/token";
import { verifyToken } from "../rules/verify";
import { keepTest } from "./health";
import type { Till } from "./till";

/** The serial of the test card: no card is ever opened under it, so it buys nothing. */
export const TEST_SERIAL = 0;

export type CheckName = "store" | "key" | "keys" | "log" | "scanner";

export const CHECKS: Record<CheckName, { name: string; help: string }> = {
  store: { name: mark("The tablet's store"), help: mark("Free some space on the tablet, and do not clear the browser's data.") },
  key: { name: mark("The till's own key"), help: mark("Open the till over https: on plain http its key is kept less safely.") },
  keys: { name: mark("Keys to check codes with"), help: mark("Connect the tablet once, so that it fetches this community's keys.") },
  log: { name: mark("The community's pinned key"), help: mark("Connect the tablet once, so that it meets the community's log.") },
  scanner: { name: mark("Scanner and test card"), help: mark("Scan the test card of this community's enrolment slip, by camera or hand scanner.") },
};

/** The checks that need no hand. */
export async function quietChecks(till: Till): Promise<Record<Exclude<CheckName, "scanner">, boolean>> {
  const key = await deviceKey(till.store);
  return {
    store: await storeHolds(till),
    key: key.kind === "webcrypto" && subtleCrypto() !== null && !key.pair.privateKey.extractable,
    keys: (till.view.state?.jwks.keys.length ?? 0) > 0,
    log: ((await readMeta(till.store, "log")) ?? null) !== null,
  };
}

/** Writes and reads back what nobody could guess. */
async function storeHolds(till: Till): Promise<boolean> {
  const wanted = String(await sha256(new TextEncoder().encode(till.now())));
  try {
    await till.store.put("meta", wanted, "probe");
    return (await till.store.get("meta", "probe")) === wanted;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

/** Whether a scanned text is the community's test card, its signature checked here without network. */
export async function isTestCard(till: Till, text: string): Promise<boolean> {
  try {
    const token = await verifyToken(text, {
      keys: till.view.state?.jwks.keys ?? [],
      issuer: till.view.terminal?.issuer ?? "",
      nowS: Math.floor(till.clock.now() / 1000),
      classes: ["card"],
    });
    return token.serial === TEST_SERIAL;
  } catch (error) {
    if (error instanceof ScanError) return false;
    throw error;
  }
}

export async function endTest(till: Till, passed: Record<CheckName, boolean>): Promise<void> {
  const failed = (Object.keys(CHECKS) as CheckName[]).filter((name) => !passed[name]).map((name) => CHECKS[name].name);
  await keepTest(till, { at: till.now(), failed });
}
