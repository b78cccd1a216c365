// Where the script comes from and whose it is: its own tag tells.

const tag = document.currentScript as HTMLScriptElement | null;

export const given: DOMStringMap = tag?.dataset ?? {};
export const key = given.key ?? "";
export const host = given.host ?? tag?.src.replace(/\/t\.js.*/, "") ?? "";

export const here = (): string => location.pathname + location.search;
