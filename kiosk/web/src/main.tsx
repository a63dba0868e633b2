// Opens the till or the counter, whichever the address names.

import "./polyfills";
import "./styles/base.css";
import "./styles/sale.css";
import "./styles/screens.css";
import "./styles/counter.css";
import "./styles/craft.css";
import "./styles/print.css";
import { render } from "preact";
import { Till } from "./app/till";
import { prepareDecoder } from "./scan/decoder";
import { App } from "./screens/app";
import { useLanguage } from "./text/t";

async function start(): Promise<void> {
  const mode = location.pathname.startsWith("/counter") ? "counter" : "till";
  const root = document.getElementById("app")!;
  // The same page in a second window: what the customer sees of the first one.
  if (location.hash === "#customer") return void (await import("./customer/main")).openCustomer(mode, root);
  void prepareDecoder();
  const till = await Till.open(mode);
  useLanguage(till.view.preferences.language);
  render(<App till={till} />, root);
  till.run();
  await keepStored();
  // The browser's own word for "the shell works without network"; plain http has no such thing.
  if ("serviceWorker" in navigator && import.meta.env.PROD) {
    await navigator.serviceWorker.register("/sw.js", { scope: `/${mode}` });
  }
}

/** Asks the browser not to throw the daybook away when the tablet runs full. */
async function keepStored(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  if (storage && typeof storage.persist === "function") await storage.persist();
}

void start();
