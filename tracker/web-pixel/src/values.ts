/** Small readings of untrusted values; what can't be read is undefined and so is left out of the JSON. */

import type { Maybe, Money } from "./shopify.ts";

export function amount(money: Maybe<Money>): number | undefined {
  const given = money?.amount;
  if (given === null || given === undefined || given === "") return undefined;
  const value = Number(given);
  return Number.isFinite(value) ? value : undefined;
}

/** Cut at `limit`; an empty text is none. */
export function text(value: unknown, limit = 200): string | undefined {
  return typeof value === "string" && value ? value.slice(0, limit) : undefined;
}

/** The id webhooks know: the last part of a global id, without its query. "gid://shopify/Cart/c1-7?key=9" is "c1-7". */
export function plainId(value: Maybe<string>): string | undefined {
  if (value === null || value === undefined) return undefined;
  return text(String(value).split("?")[0]!.split("/").pop());
}

/** The token in the cookie `cart`, where Shopify writes it with its key behind, sometimes percent-encoded. */
export function cartToken(cookie: Maybe<string>): string | undefined {
  if (!cookie) return undefined;
  try {
    return plainId(decodeURIComponent(cookie));
  } catch {
    return plainId(cookie);
  }
}
