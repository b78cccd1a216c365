/** Where in the shop an event happened, in the shape of Segment's context. */

import type { EventContext, Maybe } from "./shopify.ts";
import { text } from "./values.ts";

export interface Place {
  path: string;
  url: string;
  inCheckout: boolean;
}

// Whoever has the address of a checkout or of an order's page can open it: their tokens stay in the browser.
const CHECKOUT = /^((?:\/[a-z]{2}(?:-[a-z]{2})?)?)(?:\/\d+)?\/checkouts?(?:\/|$)/i;
const ORDER = /^((?:\/[a-z]{2}(?:-[a-z]{2})?)?)(?:\/\d+)?\/(?:account\/)?orders\/.*/i;
const STEPS = /\/(information|shipping|payment|review|processing|thank[-_]you|post[-_]purchase)\/?$/i;

const KEPT = /^(utm_(source|medium|campaign|term|content)|q|variant|page|sort_by)$/;

export function placeOf(context: Maybe<EventContext>): Place | null {
  const href = context?.document?.location?.href ?? context?.window?.location?.href;
  let address: URL;
  try {
    address = new URL(String(href));
  } catch {
    return null;
  }
  const path = publicPath(address.pathname);
  const kept = new URLSearchParams([...address.searchParams].filter(([name]) => KEPT.test(name))).toString();
  return {
    path,
    url: address.origin + path + (kept ? `?${kept}` : ""),
    inCheckout: CHECKOUT.test(address.pathname),
  };
}

export function publicPath(pathname: string): string {
  if (CHECKOUT.test(pathname)) {
    const step = STEPS.exec(pathname);
    return `/checkout${step ? `/${step[1]!.toLowerCase()}` : ""}`;
  }
  return ORDER.test(pathname) ? "/account/orders" : pathname;
}

/** Segment's `context` of an event: page, campaign, screen, language, browser. */
export function contextOf(context: Maybe<EventContext>, place: Place | null): Record<string, unknown> {
  const referrer = text(context?.document?.referrer, 500);
  const screen = context?.window?.screen;
  return {
    page: place && { path: place.path, url: place.url, title: text(context?.document?.title), referrer },
    campaign: place ? campaignOf(place.url) : undefined,
    screen: screen?.width ? { width: screen.width, height: screen.height } : undefined,
    locale: text(context?.navigator?.language, 35),
    timezone: timezone(),
    userAgent: text(context?.navigator?.userAgent, 1000),
    library: { name: "shopwarden-web-pixel", version: "1" },
  };
}

function campaignOf(url: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [name, value] of new URL(url).searchParams) {
    if (name.startsWith("utm_")) found[name === "utm_campaign" ? "name" : name.slice(4)] = value.slice(0, 100);
  }
  return Object.keys(found).length ? found : undefined;
}

function timezone(): string | undefined {
  try {
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
