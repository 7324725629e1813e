import { isIPv4, isIPv6 } from 'node:net';

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What an int64 can hold, as near as a double says it. */
const INT64 = 2 ** 63;
const INT32 = 2 ** 31;

type Format = (value: unknown) => boolean;

const ofText =
  (test: (text: string) => boolean): Format =>
  (value) =>
    typeof value !== 'string' || test(value);

const ofNumber =
  (test: (value: number) => boolean): Format =>
  (value) =>
    typeof value !== 'number' || test(value);

/** The formats of our schemas; others say nothing, as in the API server. Values of another type pass: their type is checked elsewhere. */
export const FORMATS: Readonly<Record<string, Format>> = {
  int32: ofNumber((value) => value >= -INT32 && value < INT32),
  int64: ofNumber((value) => value >= -INT64 && value < INT64),
  'date-time': ofText((text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text))),
  byte: ofText((text) => BASE64.test(text.replaceAll(/[\r\n]/g, ''))),
  ipv4: ofText((text) => isIPv4(text)),
  ipv6: ofText((text) => isIPv6(text)),
};
