// One request: the hash of a registered operation and its variables. The app carries no query texts.

const PATIENCE_MS = 10_000;

/** What `npm run generate` knows of an operation; the types are of its answer and its variables. */
export interface Operation<Data, Variables> {
  readonly id: string;
  readonly name: string;
  readonly answers?: (variables: Variables) => Data;
}

/** The service said no, by a documented code, and perhaps when to come back. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterMs: number | null,
  ) {
    super(`${code}: ${message}`);
  }
}

/** Nobody answered who speaks GraphQL: no network, a time-out, a gateway's own page. */
export class Unreachable extends Error {}

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export class Transport {
  constructor(
    private readonly url: string,
    private readonly token: () => Promise<string>,
    private readonly fetched: typeof fetch = (...asked) => fetch(...asked),
  ) {}

  /**
   * The answer's data.
   * @throws {Refused}
   * @throws {Unreachable}
   */
  async send<Data, Variables>(operation: Operation<Data, Variables>, variables: Variables): Promise<Data> {
    const { answer, retryAfterMs } = await this.exchange<Data>(operation.id, operation.name, variables);
    const [error] = answer.errors ?? [];
    if (error) throw new Refused(error.extensions?.code ?? "INTERNAL", error.message, retryAfterMs);
    if (!answer.data) throw new Unreachable("The answer has neither data nor errors.");
    return answer.data;
  }

  private async exchange<Data>(documentId: string, operationName: string, variables: unknown) {
    try {
      const response = await this.fetched(`${this.url}/graphql`, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Accept: "application/graphql-response+json, application/json",
          Authorization: `Bearer ${await this.token()}`,
        },
        body: JSON.stringify({ documentId, operationName, variables }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const seconds = Number(response.headers.get("Retry-After") ?? NaN);
      const answer = (await response.json()) as Answer<Data>;
      return { answer, retryAfterMs: Number.isNaN(seconds) ? null : seconds * 1000 };
    } catch (cause) {
      throw new Unreachable("The service cannot be reached.", { cause });
    }
  }
}
