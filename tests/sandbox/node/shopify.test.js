// Shopify's own library for Node, unchanged, gets from the sandbox what it expects.
import "@shopify/shopify-api/adapters/node";

import assert from "node:assert/strict";
import http from "node:http";
import { beforeEach, test } from "node:test";

import {
  ApiVersion,
  GraphqlQueryError,
  HttpResponseError,
  InvalidOAuthError,
  RequestedTokenType,
  shopifyApi,
} from "@shopify/shopify-api";

const SHOP = "node-shop.myshopify.com";
const SECRET = "shpss_node_secret";
const CONTROL = `${process.env.SANDBOX_URL}/shopify/_sandbox/shop`;
const AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
const SCOPES = ["read_customers", "write_orders"];

const shopify = shopifyApi({
  apiKey: "node-app",
  apiSecretKey: SECRET,
  apiVersion: ApiVersion.October26,
  hostName: "app.example.com",
  hostScheme: "https",
  isEmbeddedApp: false,
  scopes: SCOPES,
  logger: { level: 0 },
});

async function control(method, what, body = {}) {
  const wish = method === "GET" ? {} : { body: JSON.stringify({ shop: SHOP, ...body }), headers: { "content-type": "application/json" } };
  const answer = await fetch(`${CONTROL}${what}${method === "GET" ? `?shop=${SHOP}&client_id=node-app` : ""}`, { method, ...wish });
  const told = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(told));
  return told;
}

/** Runs `app` with the request and response of a real server, as an app's own route would be. */
async function visit(path, headers, app) {
  let done;
  const server = http.createServer(async (rawRequest, rawResponse) => {
    done = await app({ rawRequest, rawResponse }).catch((problem) => ({ problem }));
    if (!rawResponse.writableEnded) rawResponse.end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const address = `http://127.0.0.1:${server.address().port}${path}`;
  const answer = await fetch(address, { headers: { "user-agent": AGENT, ...headers }, redirect: "manual" });
  server.close();
  if (done?.problem) throw done.problem;
  return { answer, done };
}

/** Begins an install, answers the shop's page with the given button, and comes back with where it leads. */
async function answerPage(button) {
  const begin = (raw) => shopify.auth.begin({ shop: SHOP, callbackPath: "/auth/callback", isOnline: false, ...raw });
  const { answer: begun } = await visit("/auth", {}, begin);
  assert.equal(begun.status, 302);
  const cookies = begun.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
  const address = begun.headers.get("location");
  const page = await fetch(address);
  const text = await page.text();
  assert.equal(page.status, 200, text);
  assert.match(text, /read customers/);
  const fields = [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value.replaceAll("&amp;", "&")]);
  const form = new URLSearchParams([...fields, ["answer", button]]);
  const sent = await fetch(address, { method: "POST", body: form, redirect: "manual" });
  assert.equal(sent.status, 302);
  const back = new URL(sent.headers.get("location"));
  assert.equal(back.origin + back.pathname, "https://app.example.com/auth/callback");
  return { back, cookies };
}

/** The app's own end of an install. */
async function comeBack({ back, cookies }, expiring = false) {
  const finish = (raw) => shopify.auth.callback({ expiring, ...raw });
  return (await visit(back.pathname + back.search, { cookie: cookies }, finish)).done.session;
}

async function install(expiring) {
  return comeBack(await answerPage("install"), expiring);
}

beforeEach(async () => {
  await control("PUT", "/app", { client_id: "node-app", client_secret: SECRET, name: "Node app", scopes: SCOPES });
  await control("POST", "", { customers: 30, orders: 60, seed: "node", state: "open" });
});

test("an install ends with a session that can ask the shop", async () => {
  const session = await install(false);
  assert.equal(session.shop, SHOP);
  assert.equal(session.scope, SCOPES.join(","));
  const client = new shopify.clients.Graphql({ session });
  const answer = await client.request("query($n: Int!) { shop { myshopifyDomain } customers(first: $n) { nodes { id displayName } } }", {
    variables: { n: 3 },
  });
  assert.equal(answer.data.shop.myshopifyDomain, SHOP);
  assert.equal(answer.data.customers.nodes.length, 3);
  assert.equal(answer.extensions.cost.actualQueryCost, 4);
});

test("an install that somebody tampered with is refused", async () => {
  const answered = await answerPage("install");
  answered.back.searchParams.set("code", "another");
  await assert.rejects(comeBack(answered), InvalidOAuthError);
});

test("whoever cancels is sent back with the reason", async () => {
  const { back } = await answerPage("cancel");
  assert.equal(back.searchParams.get("error"), "access_denied");
  assert.equal(await shopify.utils.validateHmac(Object.fromEntries(back.searchParams)), true);
});

test("a code is good once", async () => {
  const answered = await answerPage("install");
  await comeBack(answered);
  await assert.rejects(comeBack(answered), HttpResponseError);
});

test("a token that ends is renewed, and the refresh token before works until the new pair is used", async () => {
  const first = await install(true);
  assert.ok(first.refreshToken);
  assert.ok(first.expires > new Date());
  await control("POST", "/tokens/expire");
  await assert.rejects(new shopify.clients.Graphql({ session: first }).request("{ shop { name } }"), HttpResponseError);

  const lost = (await shopify.auth.refreshToken({ shop: SHOP, refreshToken: first.refreshToken })).session;
  const second = (await shopify.auth.refreshToken({ shop: SHOP, refreshToken: first.refreshToken })).session;
  assert.notEqual(lost.accessToken, second.accessToken);
  assert.ok((await new shopify.clients.Graphql({ session: second }).request("{ shop { name } }")).data);
  await assert.rejects(shopify.auth.refreshToken({ shop: SHOP, refreshToken: first.refreshToken }), HttpResponseError);
});

test("a lasting token moves to one that ends, and is dead then", async () => {
  const lasting = await install(false);
  const { session } = await shopify.auth.migrateToExpiringToken({ shop: SHOP, nonExpiringOfflineAccessToken: lasting.accessToken });
  assert.ok(session.refreshToken);
  await assert.rejects(new shopify.clients.Graphql({ session: lasting }).request("{ shop { name } }"), HttpResponseError);
});

test("the token of an embedded page is read, and exchanged for one of the app", async () => {
  const { session_token: token } = await control("POST", "/session-token", { client_id: "node-app" });
  const claims = await shopify.session.decodeSessionToken(token);
  assert.equal(claims.dest, `https://${SHOP}`);
  const { session } = await shopify.auth.tokenExchange({
    shop: SHOP,
    sessionToken: token,
    requestedTokenType: RequestedTokenType.OfflineAccessToken,
    expiring: true,
  });
  assert.ok((await new shopify.clients.Graphql({ session }).request("{ shop { name } }")).data);
});

test("client credentials give a token, a wrong secret none", async () => {
  const { session } = await shopify.auth.clientCredentials({ shop: SHOP });
  assert.ok((await new shopify.clients.Graphql({ session }).request("{ shop { name } }")).data);
  await control("PUT", "/app", { client_id: "node-app", client_secret: "changed" });
  await assert.rejects(shopify.auth.clientCredentials({ shop: SHOP }), HttpResponseError);
});

test("fields that are not there and rights that were not given are errors", async () => {
  const session = await install(false);
  const client = new shopify.clients.Graphql({ session });
  await assert.rejects(client.request("{ customers(first: 1) { nodes { email } } }"), GraphqlQueryError);
  await assert.rejects(client.request("{ locations(first: 1) { nodes { id } } }"), GraphqlQueryError);
});

test("a shop out of reach is told by its status", async () => {
  const session = await install(false);
  const client = new shopify.clients.Graphql({ session });
  for (const [state, code] of [["frozen", 402], ["gone", 404], ["locked", 423]]) {
    await control("POST", "", { state });
    await assert.rejects(client.request("{ shop { name } }"), (problem) => problem.response?.code === code);
  }
});

test("the address by which a shop opens the app is signed", async () => {
  await control("PUT", "/app", { client_id: "node-app", app_url: "https://app.example.com/start" });
  const { url } = await control("GET", "/launch");
  const query = Object.fromEntries(new URL(url).searchParams);
  assert.equal(await shopify.utils.validateHmac(query), true);
  assert.equal(await shopify.utils.validateHmac({ ...query, shop: "other.myshopify.com" }), false);
});

test("webhooks carry a signature and headers the library takes", async (t) => {
  const heard = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", async () => {
      const found = await shopify.webhooks.validate({ rawBody: body, rawRequest: request, rawResponse: response });
      const forged = await shopify.webhooks.validate({ rawBody: `${body} `, rawRequest: request, rawResponse: response });
      heard.push({ found, forged, body: JSON.parse(body) });
      response.writeHead(200).end();
    });
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => server.close());
  const uri = `http://127.0.0.1:${server.address().port}/webhooks`;
  const client = new shopify.clients.Graphql({ session: await install(false) });
  const made = await client.request(
    `mutation($uri: String!) { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: { uri: $uri }) { userErrors { message } } }`,
    { variables: { uri } },
  );
  assert.deepEqual(made.data.webhookSubscriptionCreate.userErrors, []);
  const { order } = await control("POST", "/orders", { order: { total: "19.90" } });
  await fetch(`${CONTROL}/deliveries/settled?shop=${SHOP}`);

  assert.equal(heard.length, 1);
  const [{ found, forged, body }] = heard;
  assert.equal(found.valid, true, JSON.stringify(found));
  assert.equal(found.topic, "ORDERS_CREATE");
  assert.equal(found.domain, SHOP);
  assert.equal(forged.valid, false);
  assert.equal(body.admin_graphql_api_id, order.id);
  assert.equal(body.total_price, "19.90");
});
