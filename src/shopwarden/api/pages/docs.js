// Shows the OpenAPI document and lets a reader try each endpoint. Text is only ever set as text, never as markup.
import { exampleOf, resolve, typeOf } from "./sample.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = (id) => document.getElementById(id);

function make(tag, props = {}, ...children) {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function tableOf(heads, rows) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

function fieldFor(parameter, api) {
  const schema = resolve(parameter.schema, api);
  if (schema.enum) {
    const options = ["", ...schema.enum].map((value) => make("option", { value, selected: value === "" }, value || "(default)"));
    return make("select", { name: parameter.name, ariaLabel: parameter.name }, ...options);
  }
  const hint = schema.examples?.[0] ?? schema.default ?? "";
  return make("input", { name: parameter.name, placeholder: String(hint), ariaLabel: parameter.name, autocomplete: "off" });
}

function parametersOf(operation, api, fields) {
  const listed = (operation.parameters || []).map((one) => resolve(one, api));
  if (!listed.length) return null;
  const rows = listed.map((parameter) => {
    const field = fieldFor(parameter, api);
    fields.push({ parameter, field });
    const name = make("code", {}, parameter.name + (parameter.required ? " *" : ""));
    return [name, parameter.in, typeOf(parameter.schema, api), parameter.description || "", field];
  });
  return make("div", {}, make("h3", {}, "Parameters"), tableOf(["name", "in", "type", "what", "value"], rows));
}

function bodyOf(operation, api) {
  const content = Object.entries(operation.requestBody?.content || {})[0];
  if (!content) return { shown: null, read: () => undefined };
  const [type, { schema, example }] = content;
  const text = JSON.stringify(example ?? exampleOf(schema, api), null, 2);
  const area = make("textarea", { value: text, spellcheck: false, ariaLabel: `Body, ${type}` });
  return { shown: make("div", {}, make("h3", {}, `Body (${type})`), area), read: () => ({ type, text: area.value }) };
}

function answersOf(operation, api) {
  const rows = Object.entries(operation.responses || {}).map(([status, answer]) => {
    const [type, media] = Object.entries(answer.content || {})[0] || [];
    const example = media && Number(status) < 400 ? JSON.stringify(media.example ?? exampleOf(media.schema, api), null, 2) : null;
    const what = make("div", {}, answer.description || "", type ? make("div", {}, make("code", {}, type)) : null);
    if (example) what.append(make("details", {}, make("summary", {}, "example"), make("pre", {}, example)));
    return [make("code", {}, status), what];
  });
  return make("div", {}, make("h3", {}, "Answers"), tableOf(["status", "what"], rows));
}

function addressOf(path, fields) {
  const query = new URLSearchParams();
  let address = path;
  for (const { parameter, field } of fields) {
    if (!field.value) continue;
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(field.value));
    if (parameter.in === "query") query.set(parameter.name, field.value);
  }
  return query.size ? `${address}?${query}` : address;
}

function headersOf(operation, fields, body) {
  const key = byId("key").value.trim();
  const isCollect = (operation.security || []).some((one) => "writeKey" in one);
  const headers = {};
  if (key) headers.Authorization = isCollect ? `Basic ${btoa(`${key}:`)}` : `Bearer ${key}`;
  if (body) headers["Content-Type"] = body.type;
  for (const { parameter, field } of fields) if (parameter.in === "header" && field.value) headers[parameter.name] = field.value;
  return headers;
}

async function send(call, button, line, output) {
  const { method, path, operation, fields, body } = call;
  button.disabled = true;
  const started = performance.now();
  try {
    const sent = body.read();
    const headers = headersOf(operation, fields, sent);
    const answer = await fetch(addressOf(path, fields), { method: method.toUpperCase(), headers, body: sent?.text });
    const text = await answer.text();
    line.textContent = `${answer.status} ${answer.statusText}, ${Math.round(performance.now() - started)} ms`;
    line.className = answer.ok ? "" : "bad";
    output.textContent = pretty(text);
  } catch (error) {
    line.textContent = `No answer: ${error.message}`;
    line.className = "bad";
  } finally {
    output.hidden = false;
    button.disabled = false;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text || "(empty)";
  }
}

function operationOf(path, method, operation, api) {
  const fields = [];
  const parameters = parametersOf(operation, api, fields);
  const body = bodyOf(operation, api);
  const button = make("button", { type: "button" }, "Send");
  const line = make("span", { role: "status" });
  const output = make("pre", { hidden: true, tabIndex: 0 });
  button.addEventListener("click", () => send({ method, path, operation, fields, body }, button, line, output));
  const summary = make(
    "summary", {},
    make("span", { className: `method ${method}` }, method.toUpperCase()),
    make("span", { className: "path" }, path),
    make("span", { className: "summary" }, operation.summary || ""),
    operation["x-scope"] ? make("span", { className: "scope" }, operation["x-scope"]) : null,
  );
  const inner = make(
    "div", {},
    operation.description ? make("p", {}, operation.description) : null,
    parameters, body.shown,
    make("div", { className: "answer-line" }, button, line), output,
    answersOf(operation, api),
  );
  return make("details", { className: "operation", id: operation.operationId || `${method}${path}` }, summary, inner);
}

function groupsOf(api) {
  const groups = new Map((api.tags || []).map((tag) => [tag.name, { about: tag.description, entries: [] }]));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const name = item[method].tags?.[0] || "other";
      if (!groups.has(name)) groups.set(name, { about: "", entries: [] });
      groups.get(name).entries.push([path, method, item[method]]);
    }
  }
  return [...groups].filter(([, group]) => group.entries.length);
}

function linkTo(path, method, operation) {
  const label = [make("span", { className: `method ${method}` }, method.toUpperCase()), " ", make("code", {}, path)];
  return make("a", { href: `#${operation.operationId}` }, ...label);
}

function openNamed() {
  const named = byId(decodeURIComponent(location.hash.slice(1)));
  if (named?.matches?.("details")) named.open = true;
  named?.scrollIntoView?.();
}

function narrow() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const shown of document.querySelectorAll("details.operation")) {
    const text = shown.querySelector("summary").textContent.toLowerCase();
    shown.hidden = !words.every((word) => text.includes(word));
    const link = document.querySelector(`nav a[href="#${CSS.escape(shown.id)}"]`);
    if (link) link.hidden = shown.hidden;
  }
}

async function start() {
  const api = await (await fetch("/api/openapi.json")).json();
  byId("version").textContent = api.info.version;
  byId("description").textContent = api.info.description || "";
  const operations = byId("operations");
  operations.replaceChildren();
  for (const [name, group] of groupsOf(api)) {
    operations.append(make("h2", {}, name), make("p", {}, group.about || ""));
    operations.append(...group.entries.map((entry) => operationOf(...entry, api)));
    byId("index").append(make("h2", {}, name), ...group.entries.map((entry) => linkTo(...entry)));
  }
  byId("filter").addEventListener("input", narrow);
  byId("access").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", openNamed);
  openNamed();
}

start().catch((error) => byId("operations").replaceChildren(make("p", { className: "bad", role: "alert" }, `${error}`)));
