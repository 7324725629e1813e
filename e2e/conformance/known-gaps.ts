/** Tests of the suite that Gatehouse does not pass yet; test -> reason. It can only shrink: a test that passes may not be in here. */
export const KNOWN_GAPS: Readonly<Record<string, string>> = {};
