/** Shopify's customer events into Segment's: pure, one event in, one message or none out. */

import { cart, checkout, line, listed, order, product } from "./goods.ts";
import type { Properties } from "./goods.ts";
import { contextOf, placeOf } from "./place.ts";
import type { Place } from "./place.ts";
import type { CustomerEvent, EventContext, EventData, Maybe } from "./shopify.ts";
import { amount, text } from "./values.ts";

/** What the pixel knows besides the event: kept by `start.ts`, changed by nothing in this file. */
export interface Known {
  /** The visitor's id as the storefront script gave it; missing where the script does not run. */
  scriptId?: string | undefined;
  cartToken?: string | undefined;
  /** Worth of the basket before this event. */
  cartValue?: number | undefined;
  /** Of the checkout going on: an alert does not say which one it belongs to. */
  checkout?: { token?: string | undefined; value?: number | undefined; currency?: string | undefined } | undefined;
  emailAllowed: boolean;
  /** Of the page when it was loaded; DOM events come without one of their own. */
  context?: Maybe<EventContext>;
}

export interface Message {
  type: "page" | "track";
  event?: string;
  messageId: string;
  anonymousId: string;
  timestamp: string | undefined;
  properties: Properties;
  context: Record<string, unknown>;
}

type Told = [event: string, properties: Properties] | null;

/** Null where the event tells nothing, is the script's to tell, or carries what a visitor typed. */
export function messageOf(event: CustomerEvent, known: Known): Message | null {
  const anonymousId = known.scriptId ?? text(event.clientId);
  if (!anonymousId || !event.id) return null;
  const around = event.context ?? known.context;
  const place = placeOf(around);
  const told = tell(event, known, place);
  if (!told) return null;
  const [name, properties] = told;
  const context = contextOf(around, place);
  const email = known.emailAllowed ? text(event.data?.checkout?.email, 320) : undefined;
  const isPage = name === "page";
  return {
    type: isPage ? "page" : "track",
    ...(isPage ? {} : { event: name }),
    messageId: `shopify-${event.id}`,
    anonymousId,
    timestamp: event.timestamp ?? undefined,
    properties: withoutMissing({ cart_token: known.cartToken, ...withoutMissing(properties) }),
    context: email ? { ...context, traits: { email } } : context,
  };
}

function tell(event: CustomerEvent, known: Known, place: Place | null): Told {
  const data: EventData = event.data ?? {};
  switch (event.name) {
    case "page_viewed":
      // With the script in the theme, its own view of the page counts; in the checkout there is no script.
      if (known.scriptId && !place?.inCheckout) return null;
      return ["page", page(event, place)];
    case "product_viewed":
      return ["Product Viewed", product(data.productVariant)];
    case "collection_viewed":
      return ["Product List Viewed", collection(data)];
    case "search_submitted":
      return ["Products Searched", search(data)];
    case "product_added_to_cart":
      return ["Product Added", { ...line(data.cartLine), cart_value: changed(known, data, 1) }];
    case "product_removed_from_cart":
      return ["Product Removed", { ...line(data.cartLine), cart_value: changed(known, data, -1) }];
    case "cart_viewed":
      return ["Cart Viewed", cart(data.cart)];
    case "clicked":
    case "form_submitted":
      return known.scriptId ? null : touched(event.name, data, place);
    default:
      return tellCheckout(event.name, data, known);
  }
}

function tellCheckout(name: string, data: EventData, known: Known): Told {
  switch (name) {
    case "checkout_started":
      return ["Checkout Started", checkout(data.checkout)];
    case "checkout_contact_info_submitted":
      return ["Checkout Step Completed", { ...checkout(data.checkout), step: 1, step_name: "contact" }];
    case "checkout_address_info_submitted":
      return ["Checkout Step Completed", { ...checkout(data.checkout), step: 2, step_name: "address" }];
    case "checkout_shipping_info_submitted":
      return ["Checkout Step Completed", { ...checkout(data.checkout), step: 3, step_name: "shipping" }];
    case "payment_info_submitted":
      return ["Payment Info Entered", { ...checkout(data.checkout), step: 4, step_name: "payment" }];
    case "checkout_completed":
      return ["Order Completed", order(data.checkout)];
    case "alert_displayed":
      return alert(data, known);
    case "ui_extension_errored":
      return ["Checkout Extension Errored", extensionError(data)];
    default:
      return null;
  }
}

function page(event: CustomerEvent, place: Place | null): Properties {
  return {
    path: place?.path,
    url: place?.url,
    title: text(event.context?.document?.title),
    referrer: text(event.context?.document?.referrer, 500),
    page_type: place?.inCheckout ? "checkout" : undefined,
  };
}

function collection(data: EventData): Properties {
  const id = text(data.collection?.id);
  return { list_id: id, category: text(data.collection?.title), products: listed(data.collection?.productVariants) };
}

function search(data: EventData): Properties {
  const found = data.searchResult?.productVariants;
  return { query: text(data.searchResult?.query), results: found?.length, products: listed(found) };
}

/** The basket's worth after this line was put in or taken out; unknown where it was unknown before. */
export function changed(known: Known, data: EventData, sign: 1 | -1): number | undefined {
  const price = amount(data.cartLine?.merchandise?.price);
  const worth =
    price === undefined ? amount(data.cartLine?.cost?.totalAmount) : price * (data.cartLine?.quantity ?? 1);
  if (known.cartValue === undefined || worth === undefined) return undefined;
  return Math.max(0, Math.round((known.cartValue + sign * worth) * 100) / 100);
}

// What a visitor typed into the field (alert.value) is never passed on.
function alert(data: EventData, known: Known): Told {
  const kind = text(data.alert?.type, 50) ?? "UNKNOWN";
  const going = { checkout_token: known.checkout?.token, currency: known.checkout?.currency };
  if (kind === "PAYMENT_ERROR") {
    const reason = text(data.alert?.message);
    return ["Payment Failed", { ...going, value: known.checkout?.value, error_code: "payment_error", reason }];
  }
  return ["Checkout Alert Displayed", { ...going, alert: kind.toLowerCase(), target: text(data.alert?.target) }];
}

function extensionError(data: EventData): Properties {
  const error = data.error;
  return {
    app: text(error?.appName),
    extension: text(error?.extensionName),
    target: text(error?.extensionTarget),
    message: text(error?.message),
  };
}

function touched(name: string, data: EventData, place: Place | null): Told {
  const element = data.element;
  if (name === "form_submitted") return ["Form Submitted", { form: text(element?.id) ?? text(element?.action) }];
  const url = outbound(element?.href, place);
  return url ? ["Outbound Link Clicked", { url }] : null;
}

function outbound(href: Maybe<string>, place: Place | null): string | undefined {
  try {
    const target = new URL(String(href));
    if (!place || !/^https?:$/.test(target.protocol) || target.host === new URL(place.url).host) return undefined;
    return target.origin + target.pathname;
  } catch {
    return undefined;
  }
}

function withoutMissing(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined && value !== null));
}
