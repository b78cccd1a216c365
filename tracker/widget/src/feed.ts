/** The connection to the live feed: comes back by itself, and tells in which state it is. */

import { StreamReader } from "./stream.ts";
import type { StreamEvent } from "./stream.ts";

/** `refused` stays until something is changed; `away` tries again after `seconds`. */
export type State = { kind: "connecting" } | { kind: "open" } | { kind: "away"; seconds: number } | { kind: "refused"; why: string };

export interface Listener {
  told(event: StreamEvent): void;
  state(state: State): void;
}

const LONGEST_WAIT = 30;
/** The server says something every 10 s: after this much silence the connection is taken for dead. */
const SILENCE_MILLISECONDS = 25_000;

const REFUSED: Record<number, string> = {
  401: "This key is not accepted. It may have been revoked, or a character is missing.",
  403: "This key may not see the live view of this store.",
  404: "There is no such store for this key.",
};

export class Feed {
  private lastId: string | undefined;
  private attempt = 0;
  private pause = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | undefined;
  private readonly url: string;
  private readonly key: string;
  private readonly listener: Listener;

  constructor(url: string, key: string, listener: Listener) {
    this.url = url;
    this.key = key;
    this.listener = listener;
  }

  open(): void {
    this.close();
    const abort = (this.abort = new AbortController());
    if (!this.attempt) this.listener.state({ kind: "connecting" });
    void this.run(abort);
  }

  close(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = undefined;
  }

  private async run(abort: AbortController): Promise<void> {
    let silence: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MILLISECONDS);
    };
    try {
      heard();
      const headers: Record<string, string> = { Accept: "text/event-stream", Authorization: `Bearer ${this.key}` };
      if (this.lastId) headers["Last-Event-ID"] = this.lastId;
      const reply = await fetch(this.url, { headers, signal: abort.signal, cache: "no-store", credentials: "omit" });
      const why = REFUSED[reply.status];
      if (why && abort === this.abort) return this.listener.state({ kind: "refused", why });
      if (reply.ok && reply.body) await this.read(reply.body, abort, heard);
    } catch {
      // The network went away, or silence lasted too long.
    } finally {
      clearTimeout(silence);
    }
    if (abort === this.abort) this.later();
  }

  private async read(body: ReadableStream<Uint8Array>, abort: AbortController, heard: () => void): Promise<void> {
    const stream = new StreamReader();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || abort !== this.abort) return;
      heard();
      for (const event of stream.take(decoder.decode(value, { stream: true }))) {
        if (event.id !== undefined) this.lastId = event.id;
        if (this.attempt || event.event === "snapshot") this.listener.state({ kind: "open" });
        this.attempt = 0;
        this.listener.told(event);
      }
      this.pause = (stream.retry ?? 0) / 1000;
    }
  }

  private later(): void {
    this.attempt += 1;
    // Not all viewers at once after a restart of the server.
    const seconds = Math.max(this.pause, Math.min(LONGEST_WAIT, 2 ** (this.attempt - 1))) * (0.75 + Math.random() / 2);
    this.listener.state({ kind: "away", seconds });
    this.timer = setTimeout(() => this.open(), seconds * 1000);
  }
}
