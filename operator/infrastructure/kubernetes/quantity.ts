const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
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

/** Sign, digits, and an exponent or a suffix, never both. */
const QUANTITY = /^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([eE][+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** The number that a resource.Quantity of Kubernetes stands for (`512Mi`, `100m`, `1e9`, 1000); undefined where it is none. */
function amountOf(quantity: unknown): number | undefined {
  if (typeof quantity !== 'number' && typeof quantity !== 'string') return undefined;
  const [, digits, exponent = '', suffix = ''] = QUANTITY.exec(String(quantity)) ?? [];
  const factor = FACTORS[suffix];
  return digits === undefined || factor === undefined ? undefined : Number(`${digits}${exponent}`) * factor;
}

/** Whole bytes of a quantity of memory; undefined where it is none. */
export function bytesOf(quantity: unknown): number | undefined {
  const amount = amountOf(quantity);
  return amount === undefined || amount < 0 ? undefined : Math.floor(amount);
}

/** Whether two quantities are the same amount: the API server writes `0.1` as `100m`. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  const [x = Number.NaN, y = Number.NaN] = [amountOf(a), amountOf(b)];
  return a === b || Math.abs(x - y) <= Math.abs(x) * 1e-12;
}
