/** The card: headline, list, and what is said instead of a list. Draws at most once a frame, and only what changed. */

import { make, show, write } from "./dom.ts";
import type { State } from "./feed.ts";
import type { Room } from "./room.ts";
import { Row } from "./row.ts";

const SHIELD = "M12 3 4 6v6c0 5 3.5 8 8 9 4.5-1 8-4 8-9V6Z";

export class View {
  limit = 20;
  private shown = 0;
  private known = 0;
  private order: string[] = [];
  private readonly rows = new Map<string, Row>();
  private readonly card = make("section", "card");
  private readonly count = make("strong", "count", "–");
  private readonly unit = make("span", "unit", "visitors right now");
  private readonly risky = make("span", "chip risky");
  private readonly bots = make("span", "chip");
  private readonly status = make("span", "status");
  private readonly list = make("ul", "list");
  private readonly note = make("p", "note");
  private readonly further = make("button", "further");
  private readonly flags = hasFlags();
  private fresh = true;
  private held = false;

  constructor(root: ShadowRoot, redraw: () => void) {
    const head = make("header", "", make("span", "dot"), this.count, this.unit, this.risky, this.bots, this.status);
    this.card.setAttribute("aria-label", "Visitors in the shop right now");
    this.status.setAttribute("role", "status");
    this.further.type = "button";
    this.further.onclick = () => {
      this.shown = this.shown < this.known ? this.shown + this.limit : this.limit;
      redraw();
    };
    // While somebody points at a line or is in it by keyboard, lines keep their places.
    this.list.onpointerenter = () => (this.held = true);
    this.list.onpointerleave = () => ((this.held = false), redraw());
    this.card.append(head, this.note, this.list, this.further);
    root.append(this.card);
  }

  draw(room: Room, state: State, clock: number): void {
    const refused = state.kind === "refused";
    this.card.dataset["state"] = state.kind;
    this.drawHead(room, state);
    const latest = refused ? [] : room.latest();
    this.known = latest.length;
    this.shown = Math.max(this.limit, Math.min(this.shown, Math.ceil(latest.length / this.limit) * this.limit));
    const visible = this.inPlace(latest.map((visitor) => visitor.visitorId)).slice(0, this.shown);
    this.drawRows(visible, room, room.now(clock));
    this.order = visible;
    const rest = latest.length - visible.length;
    show(this.further, latest.length > this.limit);
    write(this.further, rest > 0 ? `Show ${Math.min(rest, this.limit)} more of ${rest}` : "Show fewer");
    this.fresh = state.kind === "connecting";
  }

  tick(room: Room, clock: number): void {
    const now = room.now(clock);
    for (const row of this.rows.values()) row.tick(now);
  }

  private drawHead(room: Room, state: State): void {
    const waiting = state.kind === "connecting" && !room.total;
    write(this.count, waiting || state.kind === "refused" ? "–" : room.total.toLocaleString());
    write(this.unit, room.total === 1 ? "visitor in the shop" : "visitors right now");
    const all = [...room.visitors.values()];
    const risky = all.filter((one) => /^(high|critical)$/.test(one.riskLevel)).length;
    const bots = all.filter((one) => one.isBot).length;
    write(this.risky, `${risky} risky`);
    show(this.risky, risky > 0);
    write(this.bots, bots === 1 ? "1 bot" : `${bots} bots`);
    show(this.bots, bots > 0);
    write(this.status, statusOf(state));
    const note = noteOf(state, room);
    if (this.note.dataset["text"] !== note) {
      this.note.dataset["text"] = note;
      this.note.replaceChildren(...(note ? [shield(), note] : []));
      this.note.setAttribute("role", state.kind === "refused" ? "alert" : "none");
    }
    show(this.note, note !== "");
  }

  private inPlace(latest: string[]): string[] {
    if (!this.held && !this.list.querySelector(":focus-visible")) return latest;
    const here = this.order.filter((id) => latest.includes(id));
    return [...here, ...latest.filter((id) => !this.rows.has(id))];
  }

  private drawRows(visible: string[], room: Room, now: number): void {
    const wanted = new Set(visible);
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    let place: Element | null = this.list.firstElementChild;
    const focused = (this.list.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    for (const id of visible) {
      const visitor = room.visitors.get(id)!;
      let row = this.rows.get(id);
      let news = !row;
      if (row) news = row.update(visitor);
      else this.rows.set(id, (row = new Row(visitor, this.flags)));
      row.tick(now);
      if (row.element === place) place = place.nextElementSibling;
      else this.list.insertBefore(row.element, place);
      if (news && !this.fresh) row.flash();
    }
    // Moving an element in the page takes the focus away from it.
    if (focused?.isConnected) focused.focus({ preventScroll: true });
  }
}

function statusOf(state: State): string {
  if (state.kind === "connecting") return "Connecting…";
  if (state.kind === "away") return "Reconnecting…";
  return state.kind === "open" ? "Live" : "";
}

function noteOf(state: State, room: Room): string {
  if (state.kind === "refused") return state.why;
  if (state.kind === "away" && !room.visitors.size) return "The live view can't be reached. It comes back by itself.";
  return state.kind === "open" && !room.total ? "Nobody is in the shop right now." : "";
}

function shield(): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHIELD);
  svg.append(path);
  return svg;
}

/** Whether this machine draws flags: some have only the two letters, others two empty boxes. */
function hasFlags(): boolean {
  try {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 20;
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.font = "16px sans-serif";
    context.fillText("\u{1F1E9}\u{1F1EA}", 0, 16);
    const pixels = context.getImageData(0, 0, 20, 20).data;
    for (let at = 0; at < pixels.length; at += 4) if (pixels[at] !== pixels[at + 1]) return true;
  } catch {
    // Reading a canvas may be forbidden.
  }
  return false;
}
