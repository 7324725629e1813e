/**
 * Envoy walks through all that it is sent to count fields that it does not know, and passes over them all the same. Half of what a change of a large route
 * configuration costs a proxy is this walk (decision 34; Envoy's command line, `--ignore-unknown-dynamic-fields`).
 */
const UNCOUNTED = '--ignore-unknown-dynamic-fields';

/** Who refuses such fields wants the walk. Given twice, a flag keeps Envoy from starting. */
const CHOICES: ReadonlySet<string> = new Set([UNCOUNTED, '--reject-unknown-dynamic-fields']);

/**
 * What to add to Envoy's command line about fields that it does not know.
 * @param others what the user adds to it
 */
export const unknownFieldFlags = (others: readonly string[] = []): readonly string[] =>
  others.some((flag) => CHOICES.has(flag)) ? [] : [UNCOUNTED];
