/** The one function the pixel takes from Shopify's package; Shopify's own builder brings the package along. */
declare module "@shopify/web-pixels-extension" {
  export function register(extend: (api: import("./shopify.ts").PixelApi) => void): void;
}
