// Whether this visitor may be recognised.
import { attempt } from "./guard.ts";
import { knownId, wasRefused } from "./identity.ts";

export interface Settings {
  fingerprint: boolean;
  consent: "shopify" | "required" | "assumed";
}

interface Privacy {
  analyticsProcessingAllowed?(): boolean;
}
export interface Shopify {
  customerPrivacy?: Privacy;
  loadFeatures?(features: { name: string; version: string }[], done: () => void): void;
}

export const shopify = (): Shopify | undefined => (window as { Shopify?: Shopify }).Shopify;

/** The browser's own signals: nothing a page says outweighs them. */
function objects(): boolean {
  const { globalPrivacyControl, doNotTrack } = navigator as Navigator & { globalPrivacyControl?: boolean };
  return globalPrivacyControl || doNotTrack == "1";
}

/** `said` is what the page told in this view; without it the store's setting decides, and an earlier no stays a no. */
export function isAllowed(settings: Settings, said?: boolean): boolean {
  if (objects()) return false;
  if (said != null) return said;
  if (wasRefused()) return false;
  if (settings.consent == "required") return !!knownId();
  if (settings.consent == "assumed" || !shopify()) return true;
  return !!attempt(() => shopify()!.customerPrivacy!.analyticsProcessingAllowed!());
}
