// Messages on their way: sent in small groups, again after a failure, and kept through a page that goes away.
import { attempt, on, safe } from "./guard.ts";
import { store, stored, uuid, visitorId } from "./identity.ts";
import { host, key } from "./place.ts";

interface Message {
  /** messageId: the server knows by it what it has already. */
  i: string;
  /** When it happened, in milliseconds. */
  t: number;
  /** The message as JSON. */
  s: string;
}

const BATCH = "/v1/batch";
const NAME = "sw_q";
const GATHER_MS = 100;
const DAY_MS = 864e5;
const MOST_KEPT = 100;
const MOST_SENT = 20;
const LARGEST_KEEPALIVE = 6e4;
const MOST_FAILURES = 8;

let waiting: Message[] = [];
let isKept = false;
let isSending = false;
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let newest = 0;

const without = (messages: Message[], others: Message[]): Message[] =>
  messages.filter((one) => !others.some((other) => other.i == one.i));

/** Those that other pages of the shop have kept are among them. */
const kept = (): Message[] =>
  attempt(() => (JSON.parse(stored(NAME)) as Message[]).filter((one) => one.t > Date.now() - DAY_MS)) ?? [];

function write(messages: Message[]): void {
  isKept = !!messages[0];
  store(NAME, isKept ? JSON.stringify(messages) : "");
}

const keep = (): void => write([...without(kept(), waiting), ...waiting].slice(-MOST_KEPT));

function drop(sent: Message[]): void {
  waiting = without(waiting, sent);
  if (isKept) write(without(kept(), sent));
}

/** A plain text keeps the browser from asking first: one request instead of two. */
const body = (messages: Message[]): string =>
  `{"writeKey":${JSON.stringify(key)},"sentAt":"${new Date().toISOString()}","batch":[${messages.map((one) => one.s)}]}`;

export function post(path: string, text: string): Promise<Response> {
  return fetch(host + path, {
    method: "POST",
    body: text,
    keepalive: text.length < LARGEST_KEEPALIVE,
    credentials: "omit",
  });
}

function later(ms: number): void {
  timer ??= setTimeout(safe(flush), ms);
}

function flush(): void {
  timer = clearTimeout(timer) as undefined;
  if (isSending || !waiting[0]) return;
  isSending = true;
  const sent = waiting.slice(0, MOST_SENT);
  const ended = safe((status: number, wait: number): void => {
    isSending = false;
    if (!status || status == 429 || status > 499) {
      keep();
      if (++failures < MOST_FAILURES) later(Math.max(wait, Math.min(6e4, 500 * 2 ** failures)) * (0.75 + Math.random() / 2));
      return;
    }
    failures = 0;
    drop(sent);
    if (waiting[0]) later(0);
  });
  post(BATCH, body(sent)).then(
    (answer) => ended(answer.status, (+answer.headers.get("retry-after")! || 0) * 1e3),
    () => ended(0, 0),
  );
}

/** The page goes away. What is sent now can't be asked about: the next page sends it again unless it is of no weight. */
export function leave(isLight: boolean): void {
  if (!waiting[0]) return;
  const isRisked = isLight && !failures && !isSending;
  if (!isRisked) keep();
  if (navigator.sendBeacon(host + BATCH, body(waiting.slice(-MOST_SENT))) && isRisked) waiting = [];
}

/** Times are strictly increasing, so that the order of what happens in one millisecond is kept too. */
export function add(message: object): void {
  newest = Math.max(Date.now(), newest + 1);
  const i = uuid();
  const whole = { ...message, anonymousId: visitorId(), messageId: i, timestamp: new Date(newest).toISOString() };
  waiting.push({ i, t: newest, s: JSON.stringify(whole) });
  waiting = waiting.slice(-MOST_KEPT);
  if (!failures) later(GATHER_MS);
}

/** How many messages wait to be acknowledged. */
export const held = (): number => waiting.length;

/** Takes up what earlier pages could not send. */
export function resume(): void {
  const found = without(kept(), waiting);
  isKept = !!found[0];
  waiting = [...found, ...waiting];
  if (isKept) later(GATHER_MS);
}

export function empty(): void {
  waiting = [];
  store(NAME, "");
}

on(window, "online", () => {
  failures = 0;
  timer = clearTimeout(timer) as undefined;
  later(0);
});
