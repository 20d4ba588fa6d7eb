// Server-Sent Events: text in as it comes, events out.

export type Take = (name: string, data: string) => void | Promise<void>;

const LONGEST = 64_000_000; // above the largest manifest that a control plane publishes

export class EventReader {
  private buffer = "";
  private name = "";
  private data: string | undefined;

  constructor(private readonly take: Take) {}

  /** Comments, which are heartbeats, come out as nothing. */
  async feed(chunk: string): Promise<void> {
    const lines = (this.buffer + chunk).split("\n");
    this.buffer = lines.pop()!;
    if (this.buffer.length > LONGEST) throw new Error("a line without an end");
    for (const line of lines) await this.line(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  private async line(line: string): Promise<void> {
    const value = (name: string) => line.slice(name.length + 1).replace(/^ /, "");
    if (line.startsWith("event:")) this.name = value("event");
    if (line.startsWith("data:")) this.data = value("data");
    if (line !== "") return;
    const [name, data] = [this.name, this.data];
    [this.name, this.data] = ["", undefined];
    if (data !== undefined) await this.take(name, data);
  }
}
