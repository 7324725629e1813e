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

/** The number that a resource.Quantity stands for; NaN where it is none. */
function quantity(value: unknown): number {
  const [, number = '', suffix = ''] = /^([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(value)) ?? [];
  return number === '' ? Number.NaN : Number(number) * (FACTORS[suffix] ?? Number.NaN);
}

/** Whether two quantities are the same amount: the API server writes `0.1` as `100m`. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  const [x, y] = [quantity(a), quantity(b)];
  return a === b || Math.abs(x - y) <= Math.abs(x) * 1e-12;
}
