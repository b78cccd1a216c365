/** Messages on their way: gathered for a moment, sent in one batch that outlives the page, tried again a few times. */

import type { Message } from "./mapping.ts";

const GATHER_MILLISECONDS = 300;
const RETRY_MILLISECONDS = [1_000, 4_000, 15_000];
const MOST_WAITING = 100;
/** Browsers refuse bodies above 64 KiB that shall outlive their page. */
const MOST_BYTES = 60_000;

export interface Outside {
  fetch: (url: string, request: RequestInit) => Promise<{ ok: boolean; status: number }>;
  later: (callback: () => void, milliseconds: number) => unknown;
  pause: (milliseconds: number) => Promise<unknown>;
  now: () => Date;
}

export class Sender {
  private waiting: Message[] = [];
  private gathering = false;
  private readonly url: string;
  private readonly writeKey: string;
  private readonly outside: Outside;

  constructor(host: string, writeKey: string, outside: Outside) {
    this.url = `${host.replace(/\/+$/, "")}/v1/batch`;
    this.writeKey = writeKey;
    this.outside = outside;
  }

  /** `atOnce` for what is followed by another page: the sandbox ends with its page, timers and all. */
  add(message: Message, atOnce: boolean): void {
    this.waiting.push(message);
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
    if (atOnce) this.flush();
    else if (!this.gathering) {
      this.gathering = true;
      this.outside.later(() => this.flush(), GATHER_MILLISECONDS);
    }
  }

  forget(): void {
    this.waiting = [];
  }

  flush(): void {
    this.gathering = false;
    const messages = this.waiting;
    this.waiting = [];
    for (const batch of parts(messages)) void this.send(batch, 0);
  }

  private async send(batch: Message[], attempt: number): Promise<void> {
    const body = JSON.stringify({ writeKey: this.writeKey, sentAt: this.outside.now().toISOString(), batch });
    let again: boolean;
    try {
      // text/plain needs no preflight, which a page being left would not wait for.
      const headers = { "Content-Type": "text/plain" };
      const keepalive = bytes(body) < MOST_BYTES;
      const reply = await this.outside.fetch(this.url, { method: "POST", headers, body, keepalive, credentials: "omit" });
      again = reply.status === 429 || reply.status === 408 || reply.status >= 500;
    } catch {
      again = true;
    }
    const pause = RETRY_MILLISECONDS[attempt];
    if (again && pause !== undefined) this.outside.later(() => void this.send(batch, attempt + 1), pause);
  }
}

const bytes = (text: string): number => new TextEncoder().encode(text).length;

function parts(messages: Message[]): Message[][] {
  const batches: Message[][] = [];
  let size = MOST_BYTES;
  for (const message of messages) {
    const more = bytes(JSON.stringify(message));
    if (size + more > MOST_BYTES - 500) {
      batches.push([]);
      size = 0;
    }
    batches[batches.length - 1]!.push(message);
    size += more;
  }
  return batches;
}
