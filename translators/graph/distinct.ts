/** Without repetitions, in the order of first appearance; the same array where there are none. */
export function distinct(values: readonly string[]): readonly string[] {
  if (values.length < 2) return values;
  const set = new Set(values);
  return set.size === values.length ? values : [...set];
}
