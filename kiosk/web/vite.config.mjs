import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const BASE = "/static/app/";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Everything a page of this build needs, whenever it needs it. */
function filesOf(bundle, page) {
  const files = new Set();
  const add = (name) => {
    const chunk = bundle[name];
    if (files.has(name) || chunk?.type !== "chunk") return;
    files.add(name);
    for (const asset of [...chunk.viteMetadata.importedCss, ...chunk.viteMetadata.importedAssets]) files.add(asset);
    [...chunk.imports, ...chunk.dynamicImports].forEach(add);
  };
  const entry = Object.values(bundle).find((chunk) => chunk.type === "chunk" && chunk.facadeModuleId?.endsWith(`/${page}`));
  add(entry.fileName);
  return [...files].sort();
}

/** Writes the workers with the hashed names of this build, so that a device keeps exactly one whole build of its page. */
function serviceWorkers() {
  const worker = (bundle, page, name, leftOut, shape = (text) => text, from = name) => {
    const files = filesOf(bundle, page).filter((file) => !leftOut.test(file));
    const digest = createHash("sha256");
    for (const file of files) digest.update(file);
    const shell = bundle[page];
    if (shell?.type === "asset") digest.update(shell.source);
    const source = shape(readFileSync(here(`./src/${from}`), "utf8"))
      .replace('"BUILD"', JSON.stringify(digest.digest("hex").slice(0, 16)))
      .replace('["FILES"]', JSON.stringify(files.map((file) => BASE + file)));
    return { type: "asset", fileName: name, source };
  };
  return {
    name: "service-workers",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      this.emitFile(worker(bundle, "index.html", "sw.js", /^$/));
      // The same worker in another room: it keeps its own page and clears nobody else's.
      const ofKiosk = (text) => text.replaceAll("jifen-", "jifen_kiosk-").replace('["/till", "/counter"]', '["/kiosk"]');
      this.emitFile(worker(bundle, "kiosk.html", "sw_kiosk.js", /^$/, ofKiosk, "sw.js"));
      // A phone's own camera opens the page with the code; the page's reader is fetched when it is asked for.
      this.emitFile(worker(bundle, "check.html", "sw_check.js", /\.wasm$/));
    },
  };
}

/** Every module a page of this build loads before its first screen. */
function firstOf(page, context) {
  const found = new Set();
  const add = (id) => {
    if (found.has(id)) return;
    found.add(id);
    for (const next of context.getModuleInfo(id)?.importedIds ?? []) add(next);
  };
  add(here(page));
  return found;
}

let first = null;

/** What the till begins with is two files, one of them other pages' too: each file more costs a kilobyte of heads. */
function fileOf(id, context) {
  first ??= ["./src/main.tsx", "./src/kiosk/main.tsx", "./src/check/main.tsx"].map((page) => firstOf(here(page), context));
  const [till, ...others] = first;
  // The page itself stays its own file: tablets tell their version by its name.
  if (!till.has(id) || id === here("./src/main.tsx")) return null;
  return others.some((modules) => modules.has(id)) ? "common" : "first";
}

export default defineConfig({
  base: BASE,
  publicDir: here("./public"),
  plugins: [serviceWorkers()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "chrome80",
    cssTarget: "chrome80",
    outDir: here("../static/app"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: [here("./index.html"), here("./check.html"), here("./kiosk.html")],
      output: { codeSplitting: { groups: [{ name: fileOf }] } },
    },
    // The decoder is loaded by the page itself, side by side with the camera.
    modulePreload: { polyfill: false },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
