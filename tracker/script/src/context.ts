// What is true of a page view and goes with each of its events.
import { given, here } from "./place.ts";

type Texts = Record<string, string>;
/** Click ids of advertisers and whose they are. */
const CLICK_IDS = "gclid=google gbraid=google wbraid=google fbclid=facebook msclkid=bing ttclid=tiktok";

/** Segment's campaign; an advertiser's click id names its source where nothing else does. */
export function campaign(search: string): Texts {
  const found: Texts = {};
  const asked = new URLSearchParams(search);
  for (const part of ["source", "medium", "campaign", "term", "content"]) {
    const value = asked.get("utm_" + part);
    if (value) found[part == "campaign" ? "name" : part] = value;
  }
  for (const pair of CLICK_IDS.split(" ")) {
    const [id, source] = pair.split("=");
    if (asked.has(id!)) found.source ||= source!;
  }
  return found;
}

const TRACES = /^(\$?cdc_|__(web)?driver_|__?(selenium|nightmare|phantom)|domAutom)/i;

/** What tells a driven browser from a person's, in fixed words. */
export function marks(): string[] {
  const found: string[] = [];
  const mark = (is: unknown, word: string): unknown => is && found.push(word);
  mark(navigator.webdriver, "webdriver");
  mark(/headless/i.test(navigator.userAgent), "headless_agent");
  mark(!navigator.languages?.[0], "no_languages");
  mark(Object.keys(window).concat(Object.keys(document)).some((name) => TRACES.test(name)), "automation_globals");
  mark(!screen.width, "zero_screen");
  return found;
}

export interface Page {
  path: string;
  url: string;
  title: string;
  referrer: string;
  page_type?: string;
}

export function pageNow(referrer: string): Page {
  const page: Page = { path: location.pathname, url: location.origin + here(), title: document.title, referrer };
  const theme = (window as { ShopifyAnalytics?: { meta?: { page?: { pageType?: string } } } }).ShopifyAnalytics;
  const type = given.pageType ?? theme?.meta?.page?.pageType;
  if (type) page.page_type = type;
  return page;
}

export function contextOf(page: Page, fingerprint?: string): Record<string, unknown> {
  const found = marks();
  return {
    page,
    campaign: campaign(location.search),
    screen: { width: screen.width, height: screen.height },
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    locale: navigator.language,
    // A beacon's own header is not always the page's.
    userAgent: navigator.userAgent,
    device: { fingerprint, automated: /driver|agent|globals/.test(found.join()), marks: found },
    library: { name: "shopwarden", version: "1" },
  };
}
