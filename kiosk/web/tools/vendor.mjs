// Copies what the server pages use as it is: Pico's style sheet and htmx.
import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const from = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
const vendor = fileURLToPath(new URL("../../static/vendor/", import.meta.url));
mkdirSync(vendor, { recursive: true });
copyFileSync(from("@picocss/pico/css/pico.min.css"), `${vendor}pico.min.css`);
copyFileSync(from("htmx.org/dist/htmx.min.js"), `${vendor}htmx.min.js`);
