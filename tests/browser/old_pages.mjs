// A resident signs in with an old Chromium and shows a code; prints what the page showed as JSON.
//   node old_pages.mjs VERSION FOLDER '{"url": …, "number": …, "pin": …}'
import { open } from "./old_browser.mjs";

const [version, folder, task] = process.argv.slice(2);
const { url, number, pin } = JSON.parse(task);
const { browser, page, errors } = await open(version, folder);
const seen = { agent: await browser.version() };
try {
  await page.goto(`${url}/me/sign-in?lang=zh`);
  await page.type("#number", number);
  await page.type("#pin", pin);
  await Promise.all([page.waitForNavigation(), page.click("button.main")]);
  seen.home = await page.evaluate(() => document.body.innerText);
  seen.overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  await page.goto(`${url}/me/code`);
  await page.waitForSelector("[data-picture] svg");
  seen.count = await page.$eval("[data-count]", (element) => element.innerText);
  const picture = await page.$("[data-picture] svg");
  seen.width = (await picture.boundingBox()).width;
  seen.picture = await picture.screenshot({ encoding: "base64" });
} catch (error) {
  errors.push(String(error));
}
console.log(JSON.stringify({ ...seen, errors }));
await browser.close();
