/** Entry of the custom pixel a merchant pastes in: Shopify puts these names around the pasted code. */

import type { PixelApi, PixelSettings } from "./shopify.ts";
import { start } from "./start.ts";

declare const shopwarden: PixelSettings;
declare const analytics: PixelApi["analytics"];
declare const browser: PixelApi["browser"];
declare const init: PixelApi["init"];
declare const api: Maybe<PixelApi>;
type Maybe<T> = T | undefined;

start({
  settings: shopwarden,
  analytics,
  browser,
  init,
  customerPrivacy: typeof api === "undefined" ? null : api.customerPrivacy,
});
