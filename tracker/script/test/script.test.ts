// Rules of the script that need no browser: consent, campaigns and what tells a driven browser.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const store: Record<string, string> = {};
const navigatorNow: Record<string, unknown> = {};

function stand(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

stand("localStorage", store);
stand("navigator", navigatorNow);
stand("screen", { width: 1280, height: 800 });
stand("window", {});
stand("location", { protocol: "https:", pathname: "/", search: "", origin: "https://shop.example" });
stand("document", { cookie: "", currentScript: null, title: "", documentElement: { getAttribute: () => null } });

const { isAllowed } = await import("../src/consent.ts");
const { campaign, marks } = await import("../src/context.ts");

beforeEach(() => {
  for (const name of Object.keys(store)) delete store[name];
  for (const name of Object.keys(navigatorNow)) delete navigatorNow[name];
  Object.assign(navigatorNow, { userAgent: "Mozilla/5.0 Chrome/140.0", languages: ["en-GB"], webdriver: false });
  stand("window", {});
  document.cookie = "";
});

const settings = (consent: "shopify" | "required" | "assumed") => ({ fingerprint: false, consent });
const shop = (allowed: unknown): void => stand("window", { Shopify: { customerPrivacy: { analyticsProcessingAllowed: allowed } } });

test("nothing outweighs the browser's own no", () => {
  for (const signal of [{ globalPrivacyControl: true }, { doNotTrack: "1" }]) {
    Object.assign(navigatorNow, { globalPrivacyControl: undefined, doNotTrack: undefined }, signal);
    shop(() => true);
    for (const consent of ["shopify", "required", "assumed"] as const) assert.equal(isAllowed(settings(consent), true), false);
  }
});

test("assumed is a yes until somebody says no", () => {
  assert.equal(isAllowed(settings("assumed")), true);
  assert.equal(isAllowed(settings("assumed"), false), false);
  store.shopwarden_refused = "1";
  assert.equal(isAllowed(settings("assumed")), false);
  assert.equal(isAllowed(settings("assumed"), true), true);
});

test("required is a no until the page says yes, and stays a yes while the id is kept", () => {
  assert.equal(isAllowed(settings("required")), false);
  assert.equal(isAllowed(settings("required"), true), true);
  document.cookie = "a=1; sw_id=0196f0aa-1111-4222-8333-444455556666; b=2";
  assert.equal(isAllowed(settings("required")), true);
  document.cookie = "sw_id=spoiled";
  assert.equal(isAllowed(settings("required")), false);
});

test("the shop's banner decides where there is one, and silence or an error is a no", () => {
  assert.equal(isAllowed(settings("shopify")), true);
  shop(() => true);
  assert.equal(isAllowed(settings("shopify")), true);
  shop(() => false);
  assert.equal(isAllowed(settings("shopify")), false);
  shop(() => {
    throw new Error("not loaded");
  });
  assert.equal(isAllowed(settings("shopify")), false);
  stand("window", { Shopify: {} });
  assert.equal(isAllowed(settings("shopify")), false);
});

test("a campaign is read as Segment has it, and a click id names its source where nothing else does", () => {
  assert.deepEqual(campaign("?utm_source=news&utm_medium=email&utm_campaign=autumn&utm_term=hat&utm_content=top"), {
    source: "news",
    medium: "email",
    name: "autumn",
    term: "hat",
    content: "top",
  });
  assert.deepEqual(campaign("?gclid=abc"), { source: "google" });
  assert.deepEqual(campaign("?fbclid=abc&utm_source=ig"), { source: "ig" });
  assert.deepEqual(campaign("?color=red"), {});
  assert.deepEqual(campaign("?utm_source=%E0%A4%A"), { source: "\ufffd%A" });
});

test("a person's browser has no mark, and each mark stands alone", () => {
  assert.deepEqual(marks(), []);
  navigatorNow.webdriver = true;
  assert.deepEqual(marks(), ["webdriver"]);
  navigatorNow.webdriver = false;
  navigatorNow.userAgent = "Mozilla/5.0 HeadlessChrome/140.0";
  assert.deepEqual(marks(), ["headless_agent"]);
  navigatorNow.userAgent = "Mozilla/5.0 Chrome/140.0";
  navigatorNow.languages = [];
  assert.deepEqual(marks(), ["no_languages"]);
  navigatorNow.languages = ["de"];
  for (const name of ["cdc_adoQpoasnfa76pfcZLmcfl_Array", "$cdc_asdj", "__webdriver_evaluate", "_phantom", "domAutomation"]) {
    stand("window", { [name]: 1 });
    assert.deepEqual(marks(), ["automation_globals"], name);
  }
  stand("window", {});
  stand("screen", { width: 0, height: 0 });
  assert.deepEqual(marks(), ["zero_screen"]);
  stand("screen", { width: 1280, height: 800 });
});
