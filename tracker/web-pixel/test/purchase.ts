/** Shopify's customer events of one purchase, every field of its documented objects in place; values are invented. */

import type { CustomerEvent } from "../src/shopify.ts";

export const CLIENT_ID = "3f2c8a4e-6f0b-4c57-9d55-0f4b3a1e9c71";
export const CART_TOKEN = "hWN3xgQ8l2kq0zVh1Tb7nYcR";
export const CHECKOUT_TOKEN = "5d1e9a77b3c24f0c8a6e2f9041d7be35";
export const EMAIL = "robin.fielding@example.com";
export const SHOP = "https://bright-mugs.example.com";

const dollars = (amount: number) => ({ amount, currencyCode: "USD" });

function location(path: string, search = "") {
  const host = new URL(SHOP).host;
  const protocol = "https:";
  return { hash: "", host, hostname: host, href: SHOP + path + search, origin: SHOP, pathname: path, port: "", protocol, search };
}

export function context(path: string, search = "", referrer = "") {
  const place = location(path, search);
  return {
    document: { characterSet: "UTF-8", location: place, referrer, title: `Bright Mugs ${path}` },
    navigator: {
      cookieEnabled: true,
      language: "en-US",
      languages: ["en-US", "en"],
      userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    },
    window: {
      innerHeight: 900, innerWidth: 1400, location: place, origin: SHOP, outerHeight: 980, outerWidth: 1400, pageXOffset: 0,
      pageYOffset: 0, screen: { height: 1080, width: 1920 }, screenX: 0, screenY: 0, scrollX: 0, scrollY: 0,
    },
  }; // prettier-ignore
}

export const MUG = {
  id: "41855229722677",
  image: { src: "https://cdn.example.com/mug.jpg" },
  price: dollars(24.5),
  product: {
    id: "7230416650293", title: "Stoneware mug", type: "Mugs", untranslatedTitle: "Stoneware mug",
    url: "/products/stoneware-mug", vendor: "Bright Mugs",
  },
  sku: "MUG-ST-BL",
  title: "Blue",
  untranslatedTitle: "Blue",
}; // prettier-ignore

export const LINE = { cost: { totalAmount: dollars(49) }, merchandise: MUG, quantity: 2 };

export const CART = {
  attributes: [], cost: { totalAmount: dollars(49) }, id: `gid://shopify/Cart/${CART_TOKEN}?key=1b2c3d4e5f`, lines: [LINE],
  totalQuantity: 2,
}; // prettier-ignore

const ADDRESS = {
  address1: "12 Harbour Street", address2: null, city: "Portland", country: "United States", countryCode: "US",
  firstName: "Robin", lastName: "Fielding", phone: "+15035550142", province: "Maine", provinceCode: "ME", zip: "04101",
}; // prettier-ignore

export const CHECKOUT = {
  attributes: [], billingAddress: ADDRESS, buyerAcceptsEmailMarketing: false, buyerAcceptsSmsMarketing: false,
  currencyCode: "USD", delivery: { selectedDeliveryOptions: [] },
  discountApplications: [
    { allocationMethod: "ACROSS", targetSelection: "ALL", targetType: "LINE_ITEM", title: "SPRING", type: "DISCOUNT_CODE",
      value: dollars(4) },
  ],
  discountsAmount: dollars(4), email: EMAIL,
  lineItems: [
    { discountAllocations: [], finalLinePrice: dollars(45), id: "1", properties: [], quantity: 2, sellingPlanAllocation: null,
      title: "Stoneware mug", variant: MUG },
  ],
  localization: { country: { isoCode: "US" }, language: { isoCode: "en" }, market: { handle: "us", id: "gid://shopify/Market/1" } },
  order: null, phone: "+15035550142", shippingAddress: ADDRESS, shippingLine: { price: dollars(6) }, smsMarketingPhone: null,
  subtotalPrice: dollars(45), token: CHECKOUT_TOKEN, totalPrice: dollars(54.15), totalTax: dollars(3.15), transactions: [],
}; // prettier-ignore

const PAID = {
  ...CHECKOUT,
  order: { customer: { id: "gid://shopify/Customer/7001", isFirstOrder: true }, id: "gid://shopify/OrderIdentity/5512903345" },
  transactions: [{ amount: dollars(54.15), gateway: "shopify_payments", paymentMethod: { name: "VISA", type: "creditCard" } }],
};

export const DECLINED = {
  alert: { message: "Your card was declined.", target: "cart.payment", type: "PAYMENT_ERROR", value: null },
};

const INSIDE = `/checkouts/cn/${CART_TOKEN}/en-us`;

type Step = [name: string, path: string, data: object];

const STEPS: Step[] = [
  ["page_viewed", "/", {}],
  ["page_viewed", "/collections/mugs", {}],
  ["collection_viewed", "/collections/mugs", { collection: { id: "290113", productVariants: [MUG], title: "Mugs" } }],
  ["page_viewed", "/search", {}],
  ["search_submitted", "/search", { searchResult: { productVariants: [MUG], query: "blue mug" } }],
  ["page_viewed", "/products/stoneware-mug", {}],
  ["product_viewed", "/products/stoneware-mug", { productVariant: MUG }],
  ["product_added_to_cart", "/products/stoneware-mug", { cartLine: LINE }],
  ["page_viewed", "/cart", {}],
  ["cart_viewed", "/cart", { cart: CART }],
  ["page_viewed", INSIDE, {}],
  ["checkout_started", INSIDE, { checkout: CHECKOUT }],
  ["checkout_contact_info_submitted", INSIDE, { checkout: CHECKOUT }],
  ["checkout_address_info_submitted", INSIDE, { checkout: CHECKOUT }],
  ["checkout_shipping_info_submitted", INSIDE, { checkout: CHECKOUT }],
  ["payment_info_submitted", INSIDE, { checkout: CHECKOUT }],
  ["alert_displayed", INSIDE, DECLINED],
  ["payment_info_submitted", INSIDE, { checkout: CHECKOUT }],
  ["page_viewed", `${INSIDE}/thank-you`, {}],
  ["checkout_completed", `${INSIDE}/thank-you`, { checkout: PAID }],
];

/** The whole purchase, five seconds between events, from `begin` on. */
export function purchase(begin = Date.parse("2026-03-02T10:00:00.000Z")): CustomerEvent[] {
  return STEPS.map(([name, path, data], seq) => event(name, data, path, seq, begin + seq * 5_000));
}

export function event(name: string, data: object, path = "/", seq = 0, at = Date.parse("2026-03-02T10:00:00Z")): CustomerEvent {
  const first = seq === 0 ? context(path, "?utm_source=spring&utm_medium=email", "https://www.google.com/") : context(path);
  return {
    clientId: CLIENT_ID, context: first, data, id: `sh-${at.toString(16)}-${seq}`, name, seq,
    timestamp: new Date(at).toISOString(), type: "standard",
  } as CustomerEvent; // prettier-ignore
}
