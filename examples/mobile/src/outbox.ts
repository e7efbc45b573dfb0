// What the person did, on its way to the service: kept first, sent in batches, and sent again until it is acknowledged.
//
// An event gets its id when it happens and keeps it, so that sending it twice counts once. It leaves the outbox only when
// the service has acknowledged it (it is on disk there) or refused it for good; a crash at any moment loses nothing that
// `add` has returned from.
import { type EventInput, RecordOperation } from "./generated";
import { Refused, type Transport } from "./transport";

export type Act = Omit<EventInput, "eventId" | "occurredAt">;

/** A text that survives the app: a file, or a row of its database; `write` replaces it whole or not at all. */
export interface Storage {
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}

const BATCH = 100; // of at most 500 a call, and well below 1 MiB
const LINGER_MS = 5_000; // one request for what happens within it: the radio of a phone costs more than the bytes
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;
const MOST_KEPT = 5_000; // beyond which the oldest go: a phone may stay in a drawer
const BAD_EVENTS = new Set(["BAD_USER_INPUT", "BAD_REQUEST"]);

export class Outbox {
  private events: EventInput[] = [];
  private readonly loaded: Promise<void>;
  private writing: Promise<void> = Promise.resolve();
  private flushing: Promise<void> | null = null;
  private timer: { due: number; id: ReturnType<typeof setTimeout> } | null = null;
  private failures = 0;

  constructor(
    private readonly transport: Transport,
    private readonly storage: Storage,
  ) {
    this.loaded = this.load();
  }

  get waiting(): number {
    return this.events.length;
  }

  /** Keeps what happened; once this returns it will arrive, even if the app dies now. */
  async add(act: Act): Promise<void> {
    await this.loaded;
    this.events.push({ ...act, eventId: crypto.randomUUID(), occurredAt: new Date().toISOString() });
    this.events = this.events.slice(-MOST_KEPT);
    await this.save();
    if (this.failures === 0) this.flushIn(this.events.length >= BATCH ? 0 : LINGER_MS);
  }

  /** Sends all that waits; to be called when the network is back and when the app goes to the background. */
  flush(): Promise<void> {
    this.flushing ??= this.drain().finally(() => (this.flushing = null));
    return this.flushing;
  }

  private async load(): Promise<void> {
    this.events = JSON.parse((await this.storage.read()) ?? "[]") as EventInput[];
    if (this.events.length > 0) this.flushIn(LINGER_MS);
  }

  private async drain(): Promise<void> {
    await this.loaded;
    this.unschedule();
    let size = BATCH;
    while (this.events.length > 0) {
      const batch = this.events.slice(0, size);
      let again: Set<string>;
      try {
        again = await this.send(batch);
        size = BATCH;
      } catch (fault) {
        if (!(fault instanceof Refused && BAD_EVENTS.has(fault.code))) return this.retry(fault);
        if (batch.length > 1) {
          size = Math.ceil(batch.length / 2); // one event spoils the call: halve until it stands alone
          continue;
        }
        again = new Set(); // this is the one; no retry will mend it
      }
      const done = new Set(batch.map(({ eventId }) => eventId).filter((id) => !again.has(id)));
      this.events = this.events.filter(({ eventId }) => !done.has(eventId));
      await this.save();
      if (again.size > 0) return this.retry();
    }
    this.failures = 0;
  }

  /** Ids of the events that are to be sent again; all others were taken, were there before, or never will be taken. */
  private async send(batch: EventInput[]): Promise<Set<string>> {
    const { recordEvents } = await this.transport.send(RecordOperation, { events: batch });
    const busy = (recordEvents?.userErrors ?? []).filter(({ code }) => code === "BACKPRESSURE");
    const ids = busy.flatMap(({ field }) => batch[Number(field[2])] ?? batch).map(({ eventId }) => eventId);
    return new Set(ids);
  }

  /** Tries later: when the service said, else twice as long each time, each phone at its own moment. */
  private retry(fault?: unknown): void {
    const longest = Math.min(FIRST_RETRY_MS * 2 ** this.failures, LAST_RETRY_MS);
    const said = fault instanceof Refused ? fault.retryAfterMs : null;
    this.failures += 1;
    this.flushIn((said ?? longest / 2) + (Math.random() * longest) / 2);
  }

  private flushIn(milliseconds: number): void {
    const due = Date.now() + milliseconds;
    if (this.timer !== null && this.timer.due <= due) return;
    this.unschedule();
    this.timer = { due, id: setTimeout(() => void this.flush().catch(() => this.retry()), milliseconds) };
  }

  private unschedule(): void {
    if (this.timer !== null) clearTimeout(this.timer.id);
    this.timer = null;
  }

  /** Writes one after another, so that an older state never replaces a newer one. */
  private save(): Promise<void> {
    const written = this.writing.then(() => this.storage.write(JSON.stringify(this.events)));
    this.writing = written.catch(() => undefined);
    return written;
  }
}
