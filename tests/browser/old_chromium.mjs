// Lets an old Chromium scan, sell, show a receipt, sell once more with its line cut, and come back; prints what it saw as JSON.
//   node old_chromium.mjs VERSION FOLDER '{"url": …, "video": …, "community": …, "enrolment": …, "clerk": …, "code": …}'
import { get } from "node:http";
import { open } from "./old_browser.mjs";

/** Cuts the line between tablet and server, or mends it. */
const line = (url, act) => new Promise((resolve, fail) => get(`${url}/-cable/${act}`, (answer) => answer.resume().on("end", resolve)).on("error", fail));

async function press(page, words) {
  const [button] = await page.$x(`//button[normalize-space()="${words}" or @aria-label="${words}"]`);
  if (!button) throw new Error(`no key "${words}" on: ${await page.evaluate(() => document.body.innerText)}`);
  // By its element: a line that appears above the keys would move another key under a pointer.
  await button.evaluate((element) => element.click());
}

async function digits(page, text) {
  await page.waitForSelector(".pad");
  for (const digit of text) await press(page, digit);
}

async function buy(page, { url, community, enrolment, clerk, code, words }) {
  await page.goto(`${url}/till`);
  await page.waitForSelector("form");
  const [first, second] = await page.$$("input");
  await first.type(community);
  await second.type(enrolment);
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".choices button");
  await press(page, clerk);
  await digits(page, code);
  await page.waitForSelector(".tiles");
  await press(page, words.leave);
  await page.waitForXPath(`//button[normalize-space()="${words.start}"]`);
  await press(page, words.start);
  await page.waitForFunction(() => !document.querySelector(".training-bar"));
  await page.waitForSelector(".tiles");
  await page.$eval(".tile.first", (element) => element.click());
  await digits(page, "50");
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".pays");
  const customer = await customerSees(page, url);
  for (let step = 0; step < 5; step += 1) await press(page, words.fewer);
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".result");
  const text = (selector) => page.$eval(selector, (element) => element.innerText);
  const result = await text(".result");
  await press(page, words.receipt);
  await page.waitForSelector(".slip");
  const bought = { customer, result, receipt: await text(".slip"), code: (await page.$(".slip svg.qr path")) !== null };
  return { ...bought, ...(await buyOffline(page, url, words, text)) };
}

/** What the screen towards the customer shows, opened in the middle of the sale. */
async function customerSees(page, url) {
  const screen = await page.browser().newPage();
  await screen.goto(`${url}/till#customer`);
  await screen.waitForSelector(".customer dl");
  const seen = await screen.$eval(".customer", (element) => element.innerText);
  await screen.close();
  await page.bringToFront();
  return seen;
}

/** A second sale with the line cut, points among it; then the line is there again and nobody touches anything. */
async function buyOffline(page, url, words, text) {
  await press(page, words.back);
  await page.waitForSelector(".result");
  await page.waitForSelector(".connection.good");
  await line(url, "cut");
  await press(page, words.next);
  await digits(page, "30");
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".pays");
  await press(page, words.more);
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".result");
  const offline = { result: await text(".result"), bar: await text(".connection") };
  await press(page, words.receipt);
  await page.waitForSelector(".slip");
  offline.receipt = await text(".slip");
  await press(page, words.back);
  await line(url, "mend");
  await page.waitForSelector(".connection.good", { timeout: 60_000 });
  await page.waitForSelector(".result.done");
  return { offline, after: { result: await text(".result"), bar: await text(".connection") } };
}

const [version, folder, task] = process.argv.slice(2);
const { video, screenshot, ...rest } = JSON.parse(task);
const { browser, page, errors } = await open(version, folder, [
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  `--use-file-for-fake-video-capture=${video}`,
]);
let seen = {};
try {
  seen = await buy(page, rest);
} catch (error) {
  errors.push(String(error));
}
if (screenshot && seen.result) await page.screenshot({ path: screenshot });
// The browser itself writes down that the cut line did not answer.
const real = errors.filter((one) => !one.includes("net::ERR_"));
console.log(JSON.stringify({ agent: await browser.version(), errors: real, ...seen }));
await browser.close();
