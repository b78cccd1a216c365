/** A sandbox like Shopify's: subscriptions, asynchronous cookies and storage, consent, and a fetch that keeps what was sent. */

import type { Message } from "../src/mapping.ts";
import type { Outside } from "../src/sending.ts";
import type { CustomerEvent, CustomerPrivacy, PixelApi } from "../src/shopify.ts";
import { start } from "../src/start.ts";

export interface Sent {
  url: string;
  request: RequestInit;
  body: { writeKey: string; sentAt: string; batch: Message[] };
}

export class Sandbox {
  readonly sent: Sent[] = [];
  readonly read: string[] = [];
  readonly stored = new Map<string, string>();
  readonly waits: number[] = [];
  /** What happens while the pixel waits for the script. */
  meanwhile: (milliseconds: number) => void = () => undefined;
  answers: (number | "offline")[] = [];
  private readonly listeners = new Map<string, (event: CustomerEvent) => unknown>();
  private readonly timers: (() => void)[] = [];
  private consent: (event: { customerPrivacy?: CustomerPrivacy }) => unknown = () => undefined;

  constructor(
    privacy: CustomerPrivacy,
    cookies: Record<string, string> = {},
    init: PixelApi["init"] = {},
    settings = { writeKey: "sw_write", host: "https://shopwarden.example.com/" },
  ) {
    const listeners = this.listeners;
    const read = this.read;
    const stored = this.stored;
    const get = async (name: string) => (read.push(name), cookies[name] ?? "");
    const api: PixelApi = {
      settings,
      analytics: { subscribe: (name, callback) => listeners.set(name, callback) },
      browser: {
        cookie: { get },
        sessionStorage: {
          getItem: async (key) => stored.get(key) ?? null,
          setItem: async (key, value) => stored.set(key, value),
        },
      },
      init: { ...init, customerPrivacy: privacy },
      customerPrivacy: { subscribe: (_, callback) => (this.consent = callback) },
    };
    const outside: Outside = {
      fetch: async (url, request) => {
        this.sent.push({ url, request, body: JSON.parse(String(request.body)) });
        const status = this.answers.shift() ?? 200;
        if (status === "offline") throw new TypeError("Failed to fetch");
        return { ok: status < 300, status };
      },
      later: (callback, milliseconds) => (this.waits.push(milliseconds), this.timers.push(callback)),
      pause: async (milliseconds) => this.meanwhile(milliseconds),
      now: () => new Date("2026-03-02T10:05:00Z"),
    };
    start(api, outside);
  }

  get names(): string[] {
    return [...this.listeners.keys()];
  }

  get messages(): Message[] {
    return this.sent.flatMap((one) => one.body.batch);
  }

  async publish(...events: CustomerEvent[]): Promise<void> {
    await Promise.all(events.map((event) => this.listeners.get(event.name)?.(event)));
  }

  decide(customerPrivacy: CustomerPrivacy): void {
    this.consent({ customerPrivacy });
  }

  /** Lets the waiting timers ring, once each, and what they began come to rest. */
  async ring(): Promise<void> {
    for (const timer of this.timers.splice(0)) timer();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
