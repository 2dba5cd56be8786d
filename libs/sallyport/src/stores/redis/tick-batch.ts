interface Pending<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (reason: unknown) => void;
}

/** Gathers what is asked in one turn of the event loop, so that it may travel together. */
export class TickBatch<Q, A> {
  private pending: Pending<Q, A>[] = [];

  /** `ask` answers in the order of the questions. */
  constructor(private readonly ask: (questions: readonly Q[]) => Promise<readonly A[]>) {}

  add(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.pending.length === 0) setImmediate(() => void this.flush());
      this.pending.push({ question, resolve, reject });
    });
  }

  private async flush(): Promise<void> {
    const asked = this.pending;
    this.pending = [];
    try {
      const answers = await this.ask(asked.map(({ question }) => question));
      for (const [n, { resolve }] of asked.entries()) resolve(answers[n] as A);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
