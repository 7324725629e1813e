import { OTHER, SECURE } from '../../testing/certificates.ts';
import { parseAuthorities } from './ca-certificates.ts';

const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

test('a bundle gives each of its certificates once, without what stands round them', () => {
  const text = `# first\n${SECURE.certificate}# the same\n${SECURE.certificate}${OTHER.certificate}`;
  expect(parseAuthorities(text)).toEqual({ ok: true, certificates: [SECURE.certificate.trim(), OTHER.certificate.trim()] });
});

test.each<[string, string, string]>([
  ['nothing', '', 'holds no PEM certificate'],
  ['a key', SECURE.key, 'holds no PEM certificate'],
  ['one that cannot be read', SECURE.certificate + broken, 'has a certificate that cannot be read, number 2'],
])('%s is no bundle', (_, text, reason) => {
  expect(parseAuthorities(text)).toEqual({ ok: false, reason });
});
