// A phone and a till with an old Chromium check codes of the seal; prints what they saw as JSON.
//   node old_check.mjs VERSION FOLDER '{"url": …, "codes": {…}, "slower": 1, "till": {"community": …, "enrolment": …, …}}'
import { open } from "./old_browser.mjs";

const [version, folder, task] = process.argv.slice(2);
const { url, codes, till, slower } = JSON.parse(task);
const { browser, page, errors } = await open(version, folder);
// A machine with other work to do may take its time; whether the words are right does not depend on it.
page.setDefaultTimeout(100000);
const seen = { agent: await browser.version(), phone: {}, till: {}, ms: {} };

const text = (selector) => page.$eval(selector, (element) => element.innerText.trim());

/** Puts a code into the page's field and waits for another verdict than stood there; what it cost, in milliseconds. */
async function paste(code) {
  return page.evaluate(async (value) => {
    const word = () => (document.querySelector(".result .word") || { innerText: "" }).innerText;
    const before = word();
    const field = document.querySelector("form.typed input");
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const begun = performance.now();
    document.querySelector("form.typed button").click();
    while (word() === before && performance.now() - begun < 10000) await new Promise((resolve) => setTimeout(resolve, 1));
    return performance.now() - begun;
  }, code);
}

async function phone() {
  for (const [name, code] of Object.entries(codes)) {
    await page.goto(`${url}/CHECK/${code}?lang=zh`);
    await page.waitForSelector(".result");
    seen.phone[name] = { word: await text(".result .word"), all: await text("main") };
  }
  // Asked without network: what the page itself needs, and nothing else.
  await page.setOfflineMode(true);
  const client = await page.target().createCDPSession();
  await client.send("Emulation.setCPUThrottlingRate", { rate: slower });
  const first = Object.values(codes)[0];
  const times = [];
  await paste("JP1.AAAA");
  for (let time = 0; time < 5; time += 1) {
    times.push(await paste(first));
    await paste("JP1.AAAA");
  }
  seen.ms = times;
  await client.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await page.setOfflineMode(false);
}

async function press(words) {
  const [button] = await page.$x(`//button[normalize-space()="${words}" or @aria-label="${words}"]`);
  if (!button) throw new Error(`no key "${words}" on: ${await page.evaluate(() => document.body.innerText)}`);
  // By its element: a line that appears above the keys would move another key under a pointer.
  await button.evaluate((element) => element.click());
}

function type(value) {
  return page.evaluate((scan) => {
    const codes = { "-": "Minus", ".": "Period", "/": "Slash", ":": "Semicolon" };
    for (const sign of scan) {
      const code = codes[sign] || (/[0-9]/.test(sign) ? `Digit${sign}` : `Key${sign}`);
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Process", code, bubbles: true, cancelable: true }));
    }
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true }));
  }, value);
}

async function tablet({ community, enrolment, clerk, code, words }) {
  await page.goto(`${url}/till`);
  await page.waitForSelector("form");
  const [first, second] = await page.$$("input");
  await first.type(community);
  await second.type(enrolment);
  const followed = page.waitForResponse((answer) => answer.url().includes("/log/follow"), { timeout: 100000 });
  await page.$eval("button.main", (element) => element.click());
  await page.waitForSelector(".choices button");
  await press(clerk);
  await page.waitForSelector(".pad");
  for (const digit of code) await press(digit);
  await page.waitForSelector(".tiles");
  await press(words.leave);
  await page.waitForXPath(`//button[normalize-space()="${words.start}"]`);
  await press(words.start);
  await page.waitForFunction(() => !document.querySelector(".training-bar"));
  await page.waitForSelector(".tiles");
  await followed;
  await new Promise((resolve) => setTimeout(resolve, 500));
  await press(words.check);
  await page.waitForSelector(".scanner");
  await page.setOfflineMode(true);
  for (const [name, value] of Object.entries(codes)) {
    await type(value);
    await page.waitForSelector(".result");
    seen.till[name] = await text(".result .word");
    await press(words.another);
    await page.waitForSelector(".scanner");
  }
  await page.setOfflineMode(false);
}

try {
  await phone();
  if (till) await tablet(till);
} catch (error) {
  errors.push(String(error));
}
// A page that is offline on purpose may say so.
seen.errors = errors.filter((error) => !error.includes("ERR_INTERNET_DISCONNECTED"));
console.log(JSON.stringify(seen));
await browser.close();
