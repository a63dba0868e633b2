// Opens the screen that residents use by themselves.

import "../polyfills";
import "../styles/base.css";
import "../styles/sale.css";
import "../styles/screens.css";
import "./kiosk.css";
import { render } from "preact";
import { prepareDecoder } from "../scan/decoder";
import { useLanguage } from "../text/t";
import { prepareSpeech } from "../ui/speaker";
import { KioskApp } from "./app";
import { Kiosk } from "./device";

async function start(): Promise<void> {
  void prepareDecoder();
  void prepareSpeech();
  const kiosk = await Kiosk.open();
  if (kiosk.terminal) await kiosk.refresh();
  useLanguage("zh");
  render(<KioskApp kiosk={kiosk} />, document.getElementById("app")!);
  if ("serviceWorker" in navigator && import.meta.env.PROD) {
    await navigator.serviceWorker.register("/sw_kiosk.js", { scope: "/kiosk" });
  }
}

void start();
