/** Each of Shopify's events becomes the right event of ours, and what nobody may see stays behind. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOf } from "../src/mapping.ts";
import type { Known } from "../src/mapping.ts";
import { placeOf, publicPath } from "../src/place.ts";
import { cartToken, plainId } from "../src/values.ts";
import { CART, CART_TOKEN, CHECKOUT, CHECKOUT_TOKEN, CLIENT_ID, DECLINED, EMAIL, LINE, event, purchase } from "./purchase.ts";

const KNOWN: Known = { emailAllowed: false };

function told(name: string, data: object, known: Partial<Known> = {}, path = "/products/stoneware-mug") {
  const message = messageOf(event(name, data, path, 1), { ...KNOWN, ...known });
  assert.ok(message);
  return message;
}

test("a purchase becomes its events in order", () => {
  const names = purchase().map((one) => messageOf(one, KNOWN)).map((one) => one?.event ?? one?.type);
  assert.deepEqual(names, [
    "page", "page", "Product List Viewed", "page", "Products Searched", "page", "Product Viewed", "Product Added", "page",
    "Cart Viewed", "page", "Checkout Started", "Checkout Step Completed", "Checkout Step Completed", "Checkout Step Completed",
    "Payment Info Entered", "Payment Failed", "Payment Info Entered", "page", "Order Completed",
  ]); // prettier-ignore
});

test("a repeated event has the same messageId, another has another", () => {
  const ids = purchase().map((one) => messageOf(one, KNOWN)?.messageId);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(purchase().map((one) => messageOf(one, KNOWN)?.messageId), ids);
});

test("a product tells what it is and what it costs", () => {
  assert.deepEqual(told("product_added_to_cart", { cartLine: LINE }).properties, {
    product_id: "7230416650293", variant_id: "41855229722677", sku: "MUG-ST-BL", name: "Stoneware mug", variant: "Blue",
    brand: "Bright Mugs", category: "Mugs", price: 24.5, currency: "USD", quantity: 2,
  }); // prettier-ignore
});

test("the basket's worth is told where it is known, and follows what goes in and out", () => {
  assert.equal(told("product_added_to_cart", { cartLine: LINE }, { cartValue: 10 }).properties["cart_value"], 59);
  assert.equal(told("product_removed_from_cart", { cartLine: LINE }, { cartValue: 60 }).properties["cart_value"], 11);
  assert.equal(told("product_removed_from_cart", { cartLine: LINE }, { cartValue: 1 }).properties["cart_value"], 0);
  assert.equal("cart_value" in told("product_added_to_cart", { cartLine: LINE }).properties, false);
  assert.equal(told("cart_viewed", { cart: CART }).properties["cart_value"], 49);
  assert.equal(told("checkout_started", { checkout: CHECKOUT }).properties["cart_value"], 45);
});

test("a checkout carries its token, the cart's, its money and its products", () => {
  const { properties } = told("checkout_started", { checkout: CHECKOUT }, { cartToken: CART_TOKEN });
  const { products, ...rest } = properties;
  assert.deepEqual(rest, {
    cart_token: CART_TOKEN, checkout_token: CHECKOUT_TOKEN, cart_value: 45, value: 54.15, shipping: 6, tax: 3.15, discount: 4,
    coupon: "SPRING", currency: "USD",
  }); // prettier-ignore
  assert.equal((products as { line_total: number }[])[0]?.line_total, 45);
});

test("an order carries the id the webhook has, and what was paid how", () => {
  const paid = purchase().at(-1);
  assert.ok(paid);
  const properties = messageOf(paid, KNOWN)?.properties ?? {};
  assert.equal(properties["order_id"], "5512903345");
  assert.equal(properties["total"], 54.15);
  assert.equal(properties["gateway"], "shopify_payments");
  assert.equal(properties["payment_method"], "VISA");
});

test("a refused payment is a failed payment of the checkout going on; other alerts are alerts", () => {
  const checkout = { token: CHECKOUT_TOKEN, value: 54.15, currency: "USD" };
  const failed = told("alert_displayed", DECLINED, { checkout });
  assert.equal(failed.event, "Payment Failed");
  assert.deepEqual(failed.properties, {
    checkout_token: CHECKOUT_TOKEN, currency: "USD", value: 54.15, error_code: "payment_error", reason: "Your card was declined.",
  }); // prettier-ignore
  const typed = { alert: { type: "INPUT_INVALID", target: "cart.buyerIdentity.email", message: "Enter a valid email", value: EMAIL } };
  const other = told("alert_displayed", typed, { checkout });
  assert.equal(other.event, "Checkout Alert Displayed");
  assert.equal(JSON.stringify(other).includes(EMAIL), false, "what was typed stays in the browser");
});

test("an e-mail address leaves only where it is allowed, and no address or phone number ever", () => {
  for (const one of purchase()) {
    const silent = JSON.stringify(messageOf(one, KNOWN));
    for (const personal of [EMAIL, "Fielding", "Harbour", "04101", "5550142"]) assert.equal(silent.includes(personal), false);
  }
  const open = told("checkout_started", { checkout: CHECKOUT }, { emailAllowed: true });
  assert.deepEqual(open.context["traits"], { email: EMAIL });
});

test("typed values of DOM events never leave, only where a link goes and which form it was", () => {
  const form = { id: "newsletter", action: "/contact", elements: [{ name: "email", value: EMAIL }] };
  const submitted = told("form_submitted", { element: form });
  assert.deepEqual([submitted.event, submitted.properties], ["Form Submitted", { form: "newsletter" }]);
  const out = told("clicked", { element: { href: "https://other.example.org/a?token=1", value: EMAIL } });
  assert.deepEqual([out.event, out.properties], ["Outbound Link Clicked", { url: "https://other.example.org/a" }]);
  for (const href of ["https://bright-mugs.example.com/cart", "mailto:a@b.example", null, "javascript:alert(1)"]) {
    assert.equal(messageOf(event("clicked", { element: { href } }, "/", 1), KNOWN), null);
  }
});

test("with the script in the theme, page views outside the checkout are the script's", () => {
  const known = { ...KNOWN, scriptId: "0e6f5d2a-1111-4222-8333-444455556666" };
  assert.equal(messageOf(event("page_viewed", {}, "/cart", 1), known), null);
  const inside = messageOf(event("page_viewed", {}, `/checkouts/cn/${CART_TOKEN}`, 1), known);
  assert.equal(inside?.anonymousId, known.scriptId);
  assert.equal(messageOf(event("product_viewed", {}, "/", 1), KNOWN)?.anonymousId, CLIENT_ID);
});

test("nobody to tell it of, no id, or an unknown kind: nothing is told", () => {
  assert.equal(messageOf({ ...event("page_viewed", {}), clientId: "" }, KNOWN), null);
  assert.equal(messageOf({ ...event("page_viewed", {}), id: null }, KNOWN), null);
  for (const name of ["input_changed", "advanced_dom_clicked", "custom:thing"]) assert.equal(messageOf(event(name, {}), KNOWN), null);
});

test("events with nothing in them still become events", () => {
  for (const one of purchase()) {
    for (const data of [null, undefined, { checkout: null, cart: null, cartLine: null, alert: null }]) {
      assert.ok(messageOf({ ...one, data: data as null, context: null }, KNOWN));
    }
  }
});

test("the tokens in the addresses of checkouts and orders stay in the browser", () => {
  const paths: [string, string][] = [
    [`/checkouts/cn/${CART_TOKEN}/en-us/information`, "/checkout/information"],
    ["/84112/checkouts/abc/thank_you", "/checkout/thank_you"],
    ["/en-us/checkouts/c/abc", "/checkout"],
    ["/84112/orders/secretsecret/authenticate", "/account/orders"],
    ["/account/orders/9f8e7d", "/account/orders"],
    ["/products/checkouts-book", "/products/checkouts-book"],
    ["/collections/mugs", "/collections/mugs"],
  ];
  for (const [given, expected] of paths) assert.equal(publicPath(given), expected);
  const place = placeOf({ document: { location: { href: "https://a.example/cart?key=secret&utm_source=x&q=mug#top" } } });
  assert.deepEqual(place, { path: "/cart", url: "https://a.example/cart?utm_source=x&q=mug", inCheckout: false });
});

test("the campaign is Segment's", () => {
  const [landing] = purchase();
  assert.deepEqual(messageOf(landing!, KNOWN)?.context["campaign"], { source: "spring", medium: "email" });
});

test("ids are those the webhooks have", () => {
  assert.equal(plainId("gid://shopify/Cart/c1-7a2a?key=824b"), "c1-7a2a");
  assert.equal(plainId("5512903345"), "5512903345");
  assert.equal(cartToken("hWN3%3Fkey%3D1b2c"), "hWN3");
  assert.equal(cartToken("%E0%A4%A"), "%E0%A4%A");
  assert.equal(cartToken(""), undefined);
});
