const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Bytes of a Kubernetes quantity (`512Mi`, `1e9`, 1000); undefined if it is none. */
export function bytesOf(quantity: unknown): number | undefined {
  if (typeof quantity !== 'number' && typeof quantity !== 'string') return undefined;
  const [, amount, exponent, suffix = ''] =
    /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([eE][+-]?[0-9]+)|([kmMGTPE]|[KMGTPE]i)?)$/.exec(String(quantity)) ?? [];
  const unit = SUFFIXES[suffix];
  if (amount === undefined || unit === undefined) return undefined;
  return Math.floor(Number(`${amount}${exponent ?? ''}`) * unit);
}
