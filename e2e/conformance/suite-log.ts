/** What became of a test. */
export interface TestResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Features that it relies on. */
  readonly features: readonly string[];
  readonly seconds: number;
  /** What its assertions said, shortened. */
  readonly errors: readonly string[];
}

type Told = Pick<TestResult, 'name' | 'outcome' | 'features'>;

const RESULT = 'result: ';
/** What follows is of this test; the deeper names are its parts. */
const TEST = /^=== (RUN|CONT|NAME|PAUSE)\s+TestConformance\/([^/\s]+)/;

/** Reads what `go test -v` says of the suite, line by line, as it is said. */
export class SuiteLog {
  readonly #now: () => number;
  readonly #began = new Map<string, number>();
  readonly #results = new Map<string, TestResult>();
  readonly #errors = new Map<string, string[]>();
  readonly #last: string[] = [];
  #current = '';
  #inError = false;

  /** `now` is in milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The result of a test that has ended with this line. */
  take(line: string): TestResult | undefined {
    this.#last.push(line);
    if (this.#last.length > 30) this.#last.shift();
    if (line.startsWith(RESULT)) return this.#end(JSON.parse(line.slice(RESULT.length)) as Told); // printed by suite/conformance_test.go
    const [, event, test] = TEST.exec(line) ?? [];
    if (test !== undefined) this.#current = test;
    // One that runs beside others is begun, waits for those that do not, and goes on.
    if (event === 'PAUSE') this.#began.delete(this.#current);
    else if (event !== undefined && !this.#began.has(this.#current)) this.#began.set(this.#current, this.#now());
    this.#readError(line);
    return undefined;
  }

  #end({ name, outcome, features }: Told): TestResult {
    const now = this.#now();
    const seconds = Math.round((now - (this.#began.get(name) ?? now)) / 100) / 10;
    const result = { name, outcome, features, seconds, errors: outcome === 'failed' ? (this.#errors.get(name) ?? []) : [] };
    this.#results.set(name, result);
    return result;
  }

  /** testify prints `Error:`, some lines, and another heading; all of it behind a tab. */
  #readError(line: string): void {
    const [, heading, text = ''] = /^\s+\t(?:([A-Z][\w ]+):)?\s*(.*)$/.exec(line) ?? [undefined, 'none'];
    if (heading !== undefined) this.#inError = heading === 'Error' || heading === 'Messages';
    if (!this.#inError || text === '') return;
    const errors = this.#errors.get(this.#current) ?? [];
    if (errors.length < 12 && !errors.includes(text)) errors.push(text.slice(0, 300));
    this.#errors.set(this.#current, errors);
  }

  results(): readonly TestResult[] {
    return [...this.#results.values()];
  }

  /** A line for who waits. */
  progress(): string {
    const counts = Object.groupBy(this.results(), ({ outcome }) => outcome);
    return `${counts.passed?.length ?? 0} passed, ${counts.failed?.length ?? 0} failed; now ${this.#current || 'the pods of the suite get ready'}`;
  }

  lastLines(): string {
    return this.#last.join('\n');
  }
}
