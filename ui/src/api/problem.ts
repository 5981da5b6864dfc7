/** An error of the API as RFC 9457 says it, or of the way there. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly hint?: string,
  ) {
    super(message);
  }

  static readonly unreachable = 0;

  /** Nobody was there to answer: no connection, or the front door says that the control plane is away. */
  get isAway(): boolean {
    return this.status === Problem.unreachable || this.status === 502 || this.status === 503 || this.status === 504;
  }

  static of(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof TypeError) {
      return new Problem("Trunkline does not answer", Problem.unreachable, "the product keeps running; is `trunkline up` still there?");
    }
    return new Problem(error instanceof Error ? error.message : String(error), Problem.unreachable);
  }

  /** From an answer's body, whatever it holds. */
  static read(status: number, body: unknown): Problem {
    const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : undefined);
    const message = text("detail") ?? text("title") ?? `the server answered ${status}`;
    return new Problem(message, status, text("hint"));
  }
}
