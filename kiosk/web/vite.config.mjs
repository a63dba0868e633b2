import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const BASE = "/static/app/";
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Writes sw.js with the hashed names of this build, so that a tablet keeps exactly one whole build. */
function serviceWorker() {
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((name) => name !== "index.html").sort();
      const digest = createHash("sha256");
      for (const name of files) digest.update(name);
      const shell = bundle["index.html"];
      if (shell?.type === "asset") digest.update(shell.source);
      const source = readFileSync(here("./src/sw.js"), "utf8")
        .replace('"BUILD"', JSON.stringify(digest.digest("hex").slice(0, 16)))
        .replace('["FILES"]', JSON.stringify(files.map((name) => BASE + name)));
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}

export default defineConfig({
  base: BASE,
  publicDir: here("./public"),
  plugins: [serviceWorker()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "chrome80",
    cssTarget: "chrome80",
    outDir: here("../static/app"),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // The decoder is loaded by the page itself, side by side with the camera.
    modulePreload: { polyfill: false },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
