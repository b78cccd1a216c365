// The visitor's first-party id, kept only by whoever agreed; and the word of whoever did not.
import { attempt } from "./guard.ts";

const NAME = "sw_id";
const REFUSED = "shopwarden_refused";
const YEAR = 31536000;
let id = "";

/** Without a secure context there is no randomUUID, but a blob's address ends with one. */
export const uuid = (): string => crypto.randomUUID?.() ?? URL.createObjectURL(new Blob()).slice(-36);

export const stored = (name: string): string => attempt(() => localStorage[name] as string) ?? "";

export function store(name: string, value: string): void {
  attempt(() => (value ? (localStorage[name] = value) : delete localStorage[name]));
}

function cookie(value: string, seconds: number): void {
  const secure = location.protocol == "https:" ? ";secure" : "";
  document.cookie = `${NAME}=${value};path=/;max-age=${seconds};samesite=lax${secure}`;
}

/** The id kept in this browser, "" for none. */
export const knownId = (): string => attempt(() => /\bsw_id=([\da-f-]{36})/.exec(document.cookie)![1]) ?? stored(NAME);

export const wasRefused = (): string => stored(REFUSED);

/** The id of this visitor, made where there is none, and kept for a year from now. */
export function visitorId(): string {
  if (!id) {
    id = knownId() || uuid();
    attempt(() => cookie(id, YEAR));
    store(NAME, id);
    store(REFUSED, "");
  }
  return id;
}

/** Forgets the visitor; a no that was `said` is remembered, which takes no id. */
export function forget(said?: boolean): void {
  id = "";
  if (knownId()) attempt(() => cookie("", 0));
  store(NAME, "");
  if (said == false) store(REFUSED, "1");
}
