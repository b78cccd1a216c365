/** The element <shopwarden-live>: its attributes, and the feed, the room and the view put together. */

import { Feed } from "./feed.ts";
import type { State } from "./feed.ts";
import { Room } from "./room.ts";
import type { StreamEvent } from "./stream.ts";
import { STYLE } from "./style.ts";
import type { Told } from "./visitor.ts";
import { View } from "./view.ts";

const ORIGIN = new URL((document.currentScript as HTMLScriptElement | null)?.src || location.href).origin;

export class ShopwardenLive extends HTMLElement {
  static readonly observedAttributes = ["store", "key", "host", "limit"];

  private readonly view: View;
  private room = new Room();
  private state: State = { kind: "connecting" };
  private feed: Feed | undefined;
  private wanted = "";
  private frame = 0;
  private clock: ReturnType<typeof setInterval> | undefined;
  private readonly back = (): void => {
    if (this.state.kind === "away") this.feed?.open();
  };

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this.view = new View(root, () => this.draw());
  }

  connectedCallback(): void {
    addEventListener("online", this.back);
    this.clock = setInterval(() => this.tick(), 1000);
    this.connect();
  }

  disconnectedCallback(): void {
    removeEventListener("online", this.back);
    clearInterval(this.clock);
    this.feed?.close();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) return;
    if (name === "limit") this.draw();
    // A framework sets attributes one by one: all of them count, once.
    else if (this.isConnected) queueMicrotask(() => this.isConnected && this.asked() !== this.wanted && this.connect());
  }

  private connect(): void {
    const asked = this.asked();
    if (this.feed && asked === this.wanted) return this.feed.open();
    this.wanted = asked;
    const [store, key, host] = asked.split("\n") as [string, string, string];
    this.feed?.close();
    this.feed = undefined;
    this.room = new Room();
    if (!store || !key) return this.turn({ kind: "refused", why: "The attributes store and key are needed." });
    const url = `${(host || ORIGIN).replace(/\/+$/, "")}/api/stores/${encodeURIComponent(store)}/live`;
    this.feed = new Feed(url, key, { told: (event) => this.take(event), state: (state) => this.turn(state) });
    this.feed.open();
  }

  private asked(): string {
    return ["store", "key", "host"].map((name) => this.getAttribute(name)?.trim() ?? "").join("\n");
  }

  private take(event: StreamEvent): void {
    let told: Told;
    try {
      told = JSON.parse(event.data) as Told;
    } catch {
      return;
    }
    this.room.take(event.event, told, Date.now());
    this.draw();
  }

  private turn(state: State): void {
    this.state = state;
    this.draw();
  }

  private tick(): void {
    if (document.hidden) return;
    if (this.room.expire(Date.now())) this.draw();
    else this.view.tick(this.room, Date.now());
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.view.limit = Math.max(1, Math.floor(Number(this.getAttribute("limit"))) || 20);
      this.view.draw(this.room, this.state, Date.now());
    });
  }
}
