// The page on which anybody checks a receipt, a statement or a notice board; once it is open it needs no network.

import "../polyfills";
import "../styles/base.css";
import "../styles/sale.css";
import "../styles/screens.css";
import "../styles/print.css";
import { render } from "preact";
import { useLanguage } from "../text/t";
import { CheckPage, type PageFacts } from "./page";

const facts = JSON.parse(document.getElementById("facts")!.textContent ?? "{}") as PageFacts;
useLanguage(facts.language);
render(<CheckPage facts={facts} />, document.getElementById("app")!);
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  // The worker lies at the root; it keeps this page and nothing else.
  void navigator.serviceWorker.register("/sw_check.js", { scope: "/CHECK" });
}
