/** Makes the element known, once, however often the script is on the page. */

import { ShopwardenLive } from "./element.ts";

if (!customElements.get("shopwarden-live")) customElements.define("shopwarden-live", ShopwardenLive);
