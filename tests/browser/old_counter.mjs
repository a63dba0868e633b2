// Lets an old Chromium hand goods out at the counter; prints what it saw as JSON.
//   node old_counter.mjs VERSION FOLDER '{"url": …, "video": …, "community": …, "enrolment": …, "clerk": …, "code": …}'
import { open } from "./old_browser.mjs";

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

async function handOut(page, { url, community, enrolment, clerk, code, words }) {
  await page.goto(`${url}/counter`);
  await page.waitForSelector("form");
  const [first, second] = await page.$$("input");
  await first.type(community);
  await second.type(enrolment);
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".choices button");
  await press(page, clerk);
  await digits(page, code);
  await page.waitForSelector(".tiles");
  await page.$eval(".tile.first", (element) => element.click());
  await page.waitForSelector(".shelf li");
  await press(page, words.more);
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".figures");
  await press(page, words.received);
  await page.waitForSelector(".result");
  const text = (selector) => page.$eval(selector, (element) => element.innerText);
  const result = await text(".result");
  await press(page, words.receipt);
  await page.waitForSelector(".slip");
  return { result, receipt: await text(".slip"), code: (await page.$(".slip svg.qr path")) !== null };
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
  seen = await handOut(page, rest);
} catch (error) {
  errors.push(String(error), await page.evaluate(() => document.body.innerText));
}
if (screenshot && seen.result) await page.screenshot({ path: screenshot });
console.log(JSON.stringify({ agent: await browser.version(), errors, ...seen }));
await browser.close();
