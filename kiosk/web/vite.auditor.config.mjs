// The auditor's page as one file: script, style and worker inside it, so that it opens from a disk without anything else.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Puts the bundle's script and style into the page and drops their files. */
function oneFile() {
  return {
    name: "one-file",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = Object.values(bundle).find(({ fileName }) => fileName.endsWith(".html"));
      let html = String(page.source);
      for (const part of Object.values(bundle)) {
        if (part === page) continue;
        const name = part.fileName.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        const text = part.type === "chunk" ? part.code : String(part.source);
        // A page ends its script at the first of these, wherever it stands.
        const safe = text.replace(/<\/(script|style)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
        const element = part.type === "chunk" ? /<script[^>]*src="[^"]*NAME"[^>]*><\/script>/ : /<link[^>]*href="[^"]*NAME"[^>]*>/;
        const found = new RegExp(element.source.replace("NAME", name));
        if (!found.test(html)) throw new Error(`${part.fileName} is not asked for by the page`);
        html = html.replace(found, "");
        // The script comes last: it looks for the elements before it.
        html = part.type === "chunk" ? html.replace("</body>", () => `<script type="module">${safe}</script>\n  </body>`) : html.replace("</head>", () => `<style>${safe}</style>\n  </head>`);
        delete bundle[part.fileName];
      }
      page.source = html;
    },
  };
}

/** The page's own sentences instead of the till's. */
function ownTexts() {
  return {
    name: "own-texts",
    enforce: "pre",
    resolveId: (source) => (source.endsWith("generated/texts.json") ? here("./src/generated/auditor.json") : null),
  };
}

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [ownTexts(), oneFile()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "iife" },
  build: {
    target: "chrome80",
    cssTarget: "chrome80",
    outDir: here("../static/auditor"),
    emptyOutDir: true,
    assetsInlineLimit: 1 << 24,
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: { input: here("./auditor.html"), output: { codeSplitting: false } },
  },
});
