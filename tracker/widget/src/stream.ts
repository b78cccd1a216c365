/** Reads a stream of server-sent events, however it is cut into pieces. */

export interface StreamEvent {
  event: string;
  data: string;
  id: string | undefined;
}

export class StreamReader {
  /** How long the server asks to wait before coming back, in milliseconds. */
  retry: number | undefined;
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id: string | undefined;

  /** The events that this piece completes. */
  take(piece: string): StreamEvent[] {
    const found: StreamEvent[] = [];
    // A line end may itself be cut in two: a lone \r at the end waits for what follows.
    const text = this.rest + piece;
    const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    this.rest = lines.pop() + text.slice(whole.length);
    for (const line of lines) {
      if (line) this.field(line);
      else if (this.data.length) found.push(this.complete());
      else this.event = "";
    }
    return found;
  }

  private complete(): StreamEvent {
    const event = { event: this.event || "message", data: this.data.join("\n"), id: this.id };
    this.event = "";
    this.data = [];
    return event;
  }

  private field(line: string): void {
    const [, name, value = ""] = /^([^:]*)(?::[ ]?(.*))?$/.exec(line) ?? [];
    if (name === "data") this.data.push(value);
    else if (name === "event") this.event = value;
    else if (name === "id") this.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }
}
