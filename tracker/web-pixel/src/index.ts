/** Entry of the app's pixel: Shopify's builder bundles this file. */

import { register } from "@shopify/web-pixels-extension";
import { start } from "./start.ts";

register((api) => {
  start(api);
});
