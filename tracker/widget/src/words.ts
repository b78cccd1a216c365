/** Values as a reader wants them. */

import type { Visitor } from "./visitor.ts";

export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 3) return "just now";
  return seconds < 60 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ago`;
}

export function lasting(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "less than a minute";
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const formats = new Map<string, Intl.NumberFormat>();

export function money(value: number, currency: string): string {
  let format = formats.get(currency);
  if (!format) {
    try {
      format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    } catch {
      format = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    }
    formats.set(currency, format);
  }
  return format.format(value);
}

export function flag(country: string): string {
  return /^[A-Z]{2}$/.test(country) ? String.fromCodePoint(...[...country].map((letter) => 0x1f1a5 + letter.charCodeAt(0))) : "";
}

let regions: Intl.DisplayNames | undefined;

export function place(visitor: Visitor): string {
  const country = visitor.country;
  if (!country) return "Unknown place";
  let name = country;
  try {
    regions ??= new Intl.DisplayNames("en", { type: "region" });
    name = regions.of(country) ?? country;
  } catch {
    // A code that is none: shown as it is.
  }
  return visitor.city ? `${visitor.city}, ${name}` : name;
}

export function device(visitor: Visitor): string {
  const { kind, browser, os } = visitor.device ?? {};
  if (browser && os) return `${browser} on ${os}`;
  return browser ?? os ?? (kind ? plain(kind) : "Unknown device");
}

/** "payment_failed" as "Payment failed". */
export function plain(word: string): string {
  const spaced = word.replace(/_/g, " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export function source(visitor: Visitor): string {
  return !visitor.source || visitor.source === "direct" ? "came directly" : `from ${visitor.source}`;
}

/** What just happened, where it is more than a page looked at, with the colour of its kind. */
export function news(visitor: Visitor): [text: string, kind: string] | null {
  return NEWS[visitor.activity] ?? (visitor.pageKind === "checkout" ? ["In checkout", "calm"] : null);
}

const NEWS: Record<string, [string, string]> = {
  add_to_cart: ["Added to cart", "calm"],
  payment_failed: ["Payment failed", "bad"],
  order_completed: ["Ordered", "good"],
};
