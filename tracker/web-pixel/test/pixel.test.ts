/** The pixel in its sandbox: consent, identity, what it remembers between events, and sending. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CART_TOKEN, CHECKOUT_TOKEN, CLIENT_ID, DECLINED, EMAIL, event, purchase } from "./purchase.ts";
import { Sandbox } from "./sandbox.ts";

const ALLOWED = { analyticsProcessingAllowed: true, marketingAllowed: false };

test("a whole purchase goes out, each event once", async () => {
  const sandbox = new Sandbox(ALLOWED);
  await sandbox.publish(...purchase());
  await sandbox.ring();
  assert.equal(sandbox.messages.length, purchase().length);
  assert.equal(new Set(sandbox.messages.map((one) => one.messageId)).size, purchase().length);
  const [first] = sandbox.sent;
  assert.equal(first?.url, "https://shopwarden.example.com/v1/batch");
  assert.equal(first?.body.writeKey, "sw_write");
  assert.equal(first?.request.keepalive, true);
  assert.deepEqual(first?.request.headers, { "Content-Type": "text/plain" }, "anything else needs a preflight");
});

test("views wait for company, steps of the checkout do not", async () => {
  const sandbox = new Sandbox(ALLOWED);
  await sandbox.publish(...purchase().slice(0, 4));
  assert.equal(sandbox.sent.length, 0);
  await sandbox.ring();
  assert.deepEqual(sandbox.sent.map((one) => one.body.batch.length), [4]);
  await sandbox.publish(...purchase().slice(11, 13));
  assert.deepEqual(sandbox.sent.map((one) => one.body.batch.length), [4, 1, 1]);
});

test("without consent nothing is read and nothing leaves", async () => {
  const sandbox = new Sandbox({ analyticsProcessingAllowed: false, marketingAllowed: true });
  await sandbox.publish(...purchase());
  await sandbox.ring();
  assert.deepEqual([sandbox.sent, sandbox.read, [...sandbox.stored]], [[], [], []]);
});

test("consent given on the page starts it, consent taken back stops it and drops what waits", async () => {
  const sandbox = new Sandbox({ analyticsProcessingAllowed: false });
  const [first, second, , third] = purchase();
  await sandbox.publish(first!);
  sandbox.decide(ALLOWED);
  await sandbox.publish(second!);
  await sandbox.ring();
  assert.deepEqual(sandbox.messages.map((one) => one.messageId), [`shopify-${second!.id}`]);
  await sandbox.publish(third!);
  sandbox.decide({ analyticsProcessingAllowed: false });
  await sandbox.ring();
  assert.equal(sandbox.messages.length, 1);
});

test("the e-mail address needs consent to marketing too", async () => {
  for (const marketingAllowed of [true, false]) {
    const sandbox = new Sandbox({ analyticsProcessingAllowed: true, marketingAllowed });
    await sandbox.publish(...purchase());
    await sandbox.ring();
    assert.equal(JSON.stringify(sandbox.messages).includes(EMAIL), marketingAllowed);
  }
});

test("the script's visitor is the pixel's visitor, else Shopify's client id is", async () => {
  for (const [cookies, expected] of [[{ sw_id: "visitor-1" }, "visitor-1"], [{}, CLIENT_ID]] as const) {
    const sandbox = new Sandbox(ALLOWED, cookies);
    await sandbox.publish(...purchase());
    await sandbox.ring();
    assert.deepEqual(new Set(sandbox.messages.map((one) => one.anonymousId)), new Set([expected]));
  }
});

test("on the first page the pixel waits for the script's name, but not in the checkout, and not twice in vain", async () => {
  const late: Record<string, string> = {};
  const first = new Sandbox(ALLOWED, late);
  first.meanwhile = () => (late["sw_id"] = "visitor-1");
  await first.publish(purchase()[6]!);
  await first.ring();
  assert.deepEqual(first.messages.map((one) => one.anonymousId), ["visitor-1"]);
  const alone = new Sandbox(ALLOWED);
  let waits = 0;
  alone.meanwhile = () => (waits += 1);
  await alone.publish(...purchase());
  assert.equal(waits, 3);
  const next = new Sandbox(ALLOWED);
  for (const [key, value] of alone.stored) next.stored.set(key, value);
  next.meanwhile = () => assert.fail("nobody to wait for");
  await next.publish(...purchase());
  const inside = new Sandbox(ALLOWED, {}, { context: purchase()[10]!.context! });
  inside.meanwhile = () => assert.fail("no script runs in the checkout");
  await inside.publish(...purchase());
});

test("an alert belongs to the checkout before it, also on the next page", async () => {
  const sandbox = new Sandbox(ALLOWED, { cart: `${CART_TOKEN}%3Fkey%3D1b2c` });
  await sandbox.publish(...purchase());
  const failed = sandbox.messages.find((one) => one.event === "Payment Failed");
  assert.equal(failed?.properties["checkout_token"], CHECKOUT_TOKEN);
  assert.equal(failed?.properties["cart_token"], CART_TOKEN);
  const next = new Sandbox(ALLOWED);
  for (const [key, value] of sandbox.stored) next.stored.set(key, value);
  await next.publish(event("alert_displayed", DECLINED, "/checkouts/cn/x", 1));
  assert.equal(next.messages[0]?.properties["checkout_token"], CHECKOUT_TOKEN);
});

test("the basket of the page is where counting starts", async () => {
  const cart = { id: "gid://shopify/Cart/abc?key=1", cost: { totalAmount: { amount: 10, currencyCode: "USD" } } };
  const sandbox = new Sandbox(ALLOWED, {}, { data: { cart } });
  const added = purchase()[7]!;
  await sandbox.publish(added, { ...added, id: "again" });
  assert.deepEqual(sandbox.messages.map((one) => one.properties["cart_value"]), [59, 108]);
  assert.equal(sandbox.messages[0]?.properties["cart_token"], "abc");
});

test("what a server can't take now is sent again with the same ids, what it refuses is not", async () => {
  const sandbox = new Sandbox(ALLOWED);
  sandbox.answers = ["offline", 503, 200, 400];
  await sandbox.publish(purchase()[11]!);
  for (let turn = 0; turn < 5; turn += 1) await sandbox.ring();
  assert.deepEqual(sandbox.waits, [1_000, 4_000]);
  assert.deepEqual(new Set(sandbox.messages.map((one) => one.messageId)).size, 1);
  await sandbox.publish(purchase()[12]!);
  for (let turn = 0; turn < 5; turn += 1) await sandbox.ring();
  assert.equal(sandbox.sent.length, 4);
});

test("many large events go out in parts a browser sends after its page is gone, none larger than the server takes", async () => {
  const sandbox = new Sandbox(ALLOWED);
  const name = "\u8336".repeat(300);
  const variant = { id: "1", sku: name, title: name, price: { amount: 1 }, product: { id: "1", title: name, type: name, vendor: name } };
  const data = { collection: { title: name, productVariants: Array(60).fill(variant) } };
  await sandbox.publish(...Array.from({ length: 30 }, (_, place) => ({ ...purchase()[2]!, id: `n-${place}`, data })));
  await sandbox.ring();
  const size = (value: unknown) => Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value));
  assert.ok(sandbox.sent.length > 1);
  for (const one of sandbox.sent) assert.ok(size(one.request.body) < 64 * 1024 && one.request.keepalive);
  for (const one of sandbox.messages) assert.ok(size(one) < 32 * 1024, String(size(one)));
  assert.equal(sandbox.messages.length, 30);
});

test("fields with typed values are not listened to, and a pixel without settings does nothing", () => {
  assert.deepEqual(new Sandbox(ALLOWED).names.filter((name) => /input|advanced|all_/.test(name)), []);
  assert.deepEqual(new Sandbox(ALLOWED, {}, {}, { writeKey: "", host: "" }).names, []);
});

test("storage and cookies that fail change nothing but what they would have told", async () => {
  const sandbox = new Sandbox(ALLOWED);
  sandbox.stored.set("sw_checkout", "{not json");
  await sandbox.publish(event("alert_displayed", DECLINED, "/checkouts/cn/x", 1));
  assert.equal(sandbox.messages[0]?.event, "Payment Failed");
});
