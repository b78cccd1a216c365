/** The pixel at work: listens to the sandbox, keeps what outlives one event, sends only what the visitor allows. */

import { checkout as checkoutOf } from "./goods.ts";
import { changed, messageOf } from "./mapping.ts";
import type { Known } from "./mapping.ts";
import { placeOf } from "./place.ts";
import { Sender } from "./sending.ts";
import type { Outside } from "./sending.ts";
import type { CustomerEvent, CustomerPrivacy, Maybe, PixelApi } from "./shopify.ts";
import { amount, cartToken, plainId, text } from "./values.ts";

// Events with typed values (input_*) and moves of the mouse are not listened to at all.
const NAMES = [
  "page_viewed", "product_viewed", "collection_viewed", "search_submitted", "product_added_to_cart",
  "product_removed_from_cart", "cart_viewed", "checkout_started", "checkout_contact_info_submitted",
  "checkout_address_info_submitted", "checkout_shipping_info_submitted", "payment_info_submitted", "checkout_completed",
  "alert_displayed", "ui_extension_errored", "clicked", "form_submitted",
]; // prettier-ignore

const AT_ONCE = /^(checkout_|payment_info|alert_|clicked|form_|product_added)/;
const CHECKOUT_KEY = "sw_checkout";
const ALONE_KEY = "sw_alone";
const WAITS = 3;
const WAIT_MILLISECONDS = 400;

const worker: Outside = {
  fetch: (url, request) => fetch(url, request),
  later: (callback, milliseconds) => setTimeout(callback, milliseconds),
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  now: () => new Date(),
};

/** Nothing it does may throw into the shop: a pixel without settings, cookies or storage works as well as it can. */
export function start(api: PixelApi, outside: Outside = worker): void {
  const { writeKey, host } = api.settings ?? {};
  if (!writeKey || !host) return;
  const sender = new Sender(host, writeKey, outside);
  const known: Known = { emailAllowed: false, context: api.init?.context };
  known.cartToken = plainId(api.init?.data?.cart?.id);
  known.cartValue = amount(api.init?.data?.cart?.cost?.totalAmount);
  let allowed = take(known, api.init?.customerPrivacy);
  api.customerPrivacy?.subscribe("visitorConsentCollected", (event) => {
    allowed = take(known, event.customerPrivacy);
    if (!allowed) sender.forget();
  });
  let ready: Promise<void> | undefined;
  let chain = Promise.resolve();
  const handle = (event: CustomerEvent): Promise<void> => {
    if (!allowed) return chain;
    ready ??= recall(api, known, outside);
    // One after the other: an alert needs what the event before it said of the checkout.
    chain = Promise.all([chain, ready]).then(() => {
      if (!allowed) return;
      remember(api, known, event);
      const message = messageOf(event, known);
      count(known, event);
      if (message) sender.add(message, AT_ONCE.test(event.name));
    }).catch(() => undefined);
    return chain;
  };
  for (const name of NAMES) api.analytics.subscribe(name, handle);
}

function take(known: Known, privacy: Maybe<CustomerPrivacy>): boolean {
  const analytics = privacy?.analyticsProcessingAllowed === true;
  known.emailAllowed = analytics && privacy?.marketingAllowed === true;
  return analytics;
}

/** Cookies and storage are read only once the visitor allows it. */
async function recall(api: PixelApi, known: Known, outside: Outside): Promise<void> {
  const { cookie, sessionStorage } = api.browser;
  const [cart, going] = await Promise.all([
    quietly(() => cookie.get("cart")),
    quietly(() => sessionStorage.getItem(CHECKOUT_KEY)),
  ]);
  known.scriptId = await scriptId(api, known, outside);
  known.cartToken ??= cartToken(cart);
  try {
    known.checkout ??= JSON.parse(going || "null") ?? undefined;
  } catch {
    // Somebody else's value under this name.
  }
}

/** On the first page of all the script may be about to name the visitor: two names would make two visitors of one. */
async function scriptId(api: PixelApi, known: Known, outside: Outside): Promise<string | undefined> {
  const { cookie, sessionStorage } = api.browser;
  for (let turn = 0; ; turn += 1) {
    const id = text(await quietly(() => cookie.get("sw_id")));
    if (id || placeOf(known.context)?.inCheckout) return id;
    if (turn === WAITS || (turn === 0 && (await quietly(() => sessionStorage.getItem(ALONE_KEY))))) break;
    await outside.pause(WAIT_MILLISECONDS);
  }
  void quietly(() => sessionStorage.setItem(ALONE_KEY, "1"));
  return undefined;
}

async function quietly(asked: () => Promise<unknown>): Promise<string | undefined> {
  try {
    return text(await asked(), 2_000);
  } catch {
    return undefined;
  }
}

function remember(api: PixelApi, known: Known, event: CustomerEvent): void {
  const checkout = event.data?.checkout;
  if (checkout?.token) {
    const { value, currency } = checkoutOf(checkout);
    known.checkout = { token: checkout.token, value: value as number, currency: currency as string };
    const kept = JSON.stringify(known.checkout);
    void quietly(() => api.browser.sessionStorage.setItem(CHECKOUT_KEY, kept));
  }
  known.cartToken = plainId(event.data?.cart?.id) ?? known.cartToken;
}

function count(known: Known, event: CustomerEvent): void {
  const data = event.data ?? {};
  if (event.name === "product_added_to_cart") known.cartValue = changed(known, data, 1);
  else if (event.name === "product_removed_from_cart") known.cartValue = changed(known, data, -1);
  else if (event.name === "cart_viewed") known.cartValue = amount(data.cart?.cost?.totalAmount);
}
