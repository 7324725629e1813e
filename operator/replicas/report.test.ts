import { decodeReport, encodeReport } from './report.ts';

const standing = { node: 'envoy-1', served: true, lagging: false, refused: [{ type: 'listener', name: 'l', message: 'no' }] };

test('a report arrives as it was sent', () => {
  const verdicts = [{ hash: 'h', envoyVersion: '1.40.0', message: 'no' }];
  const report = { replica: 'a', whole: true, bye: false, fleets: { 'ns/gw': [standing], gone: [] }, verdicts };
  expect(decodeReport(encodeReport(report))).toEqual(report);
  expect(decodeReport(encodeReport({ replica: 'a' }))).toEqual({ replica: 'a', whole: false, bye: false });
});

test('a newer replica may say more', () => {
  const text = JSON.stringify({ replica: 'a', mood: 'good', fleets: { f: [{ ...standing, mood: 'bad' }] } });
  expect(decodeReport(Buffer.from(text)).fleets).toEqual({ f: [standing] });
});

test.each([
  ['{', /JSON/],
  ['[]', 'report is no object'],
  ['{}', 'replica is no text'],
  ['{"replica":"a","fleets":{"f":{}}}', 'f is no list'],
  ['{"replica":"a","fleets":{"f":[{"node":1}]}}', 'node is no text'],
  ['{"replica":"a","fleets":{"f":[{"node":"n"}]}}', 'refused is no list'],
  ['{"replica":"a","verdicts":[{"hash":"h"}]}', 'envoyVersion is no text'],
])('%s is refused with the reason', (text, reason) => {
  expect(() => decodeReport(Buffer.from(text))).toThrow(reason);
});
