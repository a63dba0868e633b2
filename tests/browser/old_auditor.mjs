// Lets an old Chromium open the auditor's page from the disk and check packages; prints what it said as JSON.
//   node old_auditor.mjs VERSION FOLDER '{"page": "file:///…", "tasks": [{"package": …, "kept": […], "receipts": […]}]}'
import { open } from "./old_browser.mjs";

const SECONDS = { timeout: 250_000 };

async function view(page, n) {
  const buttons = await page.$$("nav button");
  await buttons[n].click();
}

async function type(page, selector, text) {
  await page.$eval(selector, (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }, text);
  await page.click("form button.main");
}

async function compare(page, text) {
  await view(page, 2);
  const before = (await page.$$("li[data-outcome]")).length;
  await type(page, "#kept-text", text);
  await page.waitForFunction((n) => document.querySelectorAll("li[data-outcome]").length > n || document.querySelector("p[role=alert]"), SECONDS, before);
  const answers = await page.$$eval("li[data-outcome]", (all) => all.map(({ dataset }) => `${dataset.outcome}/${dataset.keys}`));
  return answers.length > before ? answers[before] : "";
}

async function receipt(page, text) {
  await view(page, 0);
  await view(page, 5);
  await type(page, "#receipt-text", text);
  await page.waitForSelector("p[data-verdict]", SECONDS);
  return page.$eval("p[data-verdict]", ({ dataset }) => dataset.verdict);
}

async function check(page, { package: file, verdict, kept, receipts }) {
  if (file) {
    const input = (await page.$(".drop input")) ?? (await page.$("header input[type=file]"));
    // The driver's own way fetches the file inside the page, which the page forbids.
    await page._client.send("DOM.setFileInputFiles", { objectId: input._remoteObject.objectId, files: [file] });
  }
  await page.waitForSelector(verdict, SECONDS);
  const tone = await page.$eval("section.verdict", ({ dataset }) => dataset.tone);
  const title = await page.$eval("#verdict-title", ({ innerText }) => innerText);
  await view(page, 1);
  const found = await page.$$eval("tr[data-code]", (rows) => rows.map(({ dataset }) => [dataset.code, dataset.file, dataset.row]));
  const said = { tone, title, found, kept: [], receipts: [] };
  for (const text of kept) said.kept.push(await compare(page, text));
  for (const text of receipts) said.receipts.push(await receipt(page, text));
  return said;
}

const [version, folder, task] = process.argv.slice(2);
const { page: address, tasks, screenshot } = JSON.parse(task);
const { browser, page, errors } = await open(version, folder);
const asked = [];
page.on("request", (request) => asked.push(request.url()));
await page.setViewport({ width: 1100, height: 900 });
await page.setOfflineMode(true);
const said = [];
try {
  await page.goto(address);
  for (const one of tasks) said.push(await check(page, one));
} catch (error) {
  errors.push(String(error));
}
if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
console.log(JSON.stringify({ agent: await browser.version(), errors, asked, said }));
await browser.close();
