/** What the API server (metav1.Status) or the way to it answered. */
export interface ErrorAnswer {
  /** The HTTP status; 0 where no answer came: the server is away, or too slow. */
  readonly status: number;
  /** metav1.StatusReason (`NotFound`, `Conflict`, `Expired`, ...); `Unreachable` or `Timeout` where no answer came. */
  readonly reason: string;
  /** Names the request and what is wrong. */
  readonly message: string;
  /** metav1.StatusDetails as the server sent it. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A request to the API server that did not succeed. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly status: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number;

  constructor(answer: ErrorAnswer, options?: ErrorOptions) {
    super(answer.message, options);
    this.status = answer.status;
    this.reason = answer.reason;
    this.details = answer.details ?? {};
    this.retryAfterMs = answer.retryAfterMs ?? 0;
  }
}

/** The error as a KubernetesError with this status, else undefined. */
export const withStatus = (error: unknown, ...statuses: readonly number[]): KubernetesError | undefined =>
  error instanceof KubernetesError && statuses.includes(error.status) ? error : undefined;

export interface FailedAnswer {
  readonly request: string;
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: string | undefined;
}

/** Reads an answer with a status of 400 or more. Proxies on the way answer with other bodies than metav1.Status: their text is kept, cut. */
export const parseFailure = ({ request, status, body, retryAfter }: FailedAnswer): KubernetesError => {
  const answer = parseStatus(body);
  const seconds = Number(retryAfter ?? answer.details?.['retryAfterSeconds'] ?? 0);
  const message = answer.message ?? (body.slice(0, 300).trim() || 'no further word');
  return new KubernetesError({
    status,
    reason: answer.reason ?? `Http${status}`,
    message: `${request} answered ${status}: ${message}`,
    ...(answer.details === undefined ? {} : { details: answer.details }),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 0,
  });
};

interface StatusAnswer {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const parseStatus = (body: string): StatusAnswer => {
  try {
    const parsed: unknown = JSON.parse(body);
    // Boundary: parsed JSON that says of itself that it is a metav1.Status.
    if (typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status') return parsed as StatusAnswer;
  } catch {
    // Not JSON: the text itself is the message.
  }
  return {};
};
