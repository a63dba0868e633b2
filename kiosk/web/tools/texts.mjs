// Writes src/generated/texts.json and auditor.json: the sentences of the till and of the auditor's page, from the
// product's gettext catalogues.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const src = fileURLToPath(new URL("../src/", import.meta.url));

const own = join(root, ".venv/bin/python");
const python = existsSync(own) ? own : (process.env.PYTHON ?? "python3");
const folder = mkdtempSync(join(tmpdir(), "texts-"));
const whole = join(folder, "texts.json");
const run = spawnSync(python, ["-m", "kiosk.texts", "export", whole], { cwd: root, stdio: "inherit" });
if (run.status !== 0) process.exit(run.status ?? 1);
const catalogues = JSON.parse(readFileSync(whole, "utf8"));
rmSync(folder, { recursive: true });

/** The catalogues' entries whose English stands in one of these files, as the file `name`. */
function write(name, isMeant) {
  const code = readdirSync(src, { recursive: true })
    .filter((file) => /\.tsx?$/.test(file) && isMeant(file.replaceAll("\\", "/")))
    .map((file) => readFileSync(join(src, file), "utf8"))
    .join("\n");
  const isUsed = ([message]) => code.includes(JSON.stringify(message));
  const used = Object.fromEntries(
    Object.entries(catalogues).map(([language, entries]) => [language, Object.fromEntries(Object.entries(entries).filter(isUsed))]),
  );
  writeFileSync(join(src, "generated", name), JSON.stringify(used));
}

const isOfAuditor = (file) => file.startsWith("auditor/");
mkdirSync(join(src, "generated"), { recursive: true });
write("texts.json", (file) => !isOfAuditor(file));
write("auditor.json", isOfAuditor);
