// Lets an old Chromium keep goods at the residents' screen; prints what it saw as JSON.
//   node old_kiosk.mjs VERSION FOLDER '{"url": …, "video": …, "community": …, "enrolment": …, "words": {…}}'
import { open } from "./old_browser.mjs";

async function press(page, words) {
  const button = `//button[contains(normalize-space(), "${words}")]`;
  await page.waitForXPath(button);
  const [found] = await page.$x(button);
  // By its element: a line that appears above would move another key under a pointer.
  await found.evaluate((element) => element.click());
}

async function keep(page, { url, community, enrolment, words }) {
  await page.setViewport({ width: 800, height: 1280 });
  await page.goto(`${url}/kiosk`);
  await page.waitForSelector("form");
  const [first, second] = await page.$$("input");
  await first.type(community);
  await second.type(enrolment);
  await page.$eval("button.main", (element) => element.click());
  await press(page, words.choose);
  await press(page, words.good);
  await page.waitForSelector(".ware .count");
  await press(page, words.next);
  await press(page, words.yes);
  await page.waitForSelector(".told.kept");
  return { kept: await page.$eval(".told.kept", (element) => element.innerText) };
}

const [version, folder, task] = process.argv.slice(2);
const { video, ...rest } = JSON.parse(task);
const { browser, page, errors } = await open(version, folder, [
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  `--use-file-for-fake-video-capture=${video}`,
]);
let seen = {};
try {
  seen = await keep(page, rest);
} catch (error) {
  errors.push(String(error));
}
console.log(JSON.stringify({ agent: await browser.version(), errors, ...seen }));
await browser.close();
