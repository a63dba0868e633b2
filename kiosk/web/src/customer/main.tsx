// Opens the screen towards the customer in its own window; it knows no keys, opens no store and calls no server.

import "../styles/customer.css";
import { render } from "preact";
import type { Mode } from "../net/types";
import { CustomerScreen } from "./screen";

export function openCustomer(mode: Mode, root: HTMLElement): void {
  render(<CustomerScreen mode={mode} />, root);
}
