/** What one feature resolved to, as plain data; `feature` is its id in the registry (`HTTPRoute/requestRedirect`), which knows how to emit it. */
export interface FeatureFragment {
  readonly feature: string;
  readonly ir: object;
}
