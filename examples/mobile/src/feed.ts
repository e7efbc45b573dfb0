// An endless list in which nothing comes twice.
//
// The service freezes a list's order when its first page is asked for, so that pages behind a cursor never overlap. It
// forgets the list after half an hour (SLATE_EXPIRED): the feed then begins a new one without what was just shown, and
// leaves out what the new one repeats all the same.
import { type CardFragment, type FeedQuery, type FeedQueryVariables, FeedOperation } from "./generated";
import { Refused, type Transport } from "./transport";

export type Card = CardFragment;
type Page = NonNullable<FeedQuery["viewer"]["recommendations"]>;

const PAGE = 20;
const MOST_EXCLUDED = 100; // what the service takes

export class Feed {
  private readonly shown = new Set<string>();
  private exclude: string[] = [];
  private after: string | null = null;
  private ended = false;
  private going: Promise<Card[]> | null = null;

  constructor(
    private readonly transport: Transport,
    private readonly size: number = PAGE,
  ) {}

  /** The next cards, none of them shown before; none at the end. Scrolling asks often: calls meanwhile share one answer. */
  more(): Promise<Card[]> {
    this.going ??= this.next().finally(() => (this.going = null));
    return this.going;
  }

  private async next(): Promise<Card[]> {
    let fresh: Card[] = [];
    while (!this.ended && fresh.length === 0) {
      const { nodes, pageInfo } = await this.page();
      fresh = nodes.filter(({ item }) => !this.shown.has(item.itemId));
      for (const { item } of fresh) this.shown.add(item.itemId);
      this.after = pageInfo.endCursor;
      this.ended = !pageInfo.hasNextPage;
    }
    return fresh;
  }

  private async page(): Promise<Page> {
    try {
      return await this.ask();
    } catch (fault) {
      if (!(fault instanceof Refused && fault.code === "SLATE_EXPIRED" && this.after !== null)) throw fault;
      this.after = null;
      this.exclude = [...this.shown].slice(-MOST_EXCLUDED);
      return this.ask();
    }
  }

  private async ask(): Promise<Page> {
    const asked: FeedQueryVariables = { first: this.size, after: this.after, exclude: this.exclude };
    const { recommendations } = (await this.transport.send(FeedOperation, asked)).viewer;
    if (recommendations === null) throw new Refused("INTERNAL", "The list cannot be read.", null);
    return recommendations;
  }
}
