import { trustOfThisMachine } from './system-ca.ts';

test.each<[system: string, files: readonly string[], expected: string | undefined]>([
  ['Debian, whatever else is there', ['/etc/ssl/cert.pem', '/etc/ssl/certs/ca-certificates.crt'], '/etc/ssl/certs/ca-certificates.crt'],
  ['Fedora', ['/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem'], '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem'],
  ['macOS', ['/etc/ssl/cert.pem'], '/etc/ssl/cert.pem'],
  ['a machine that trusts nobody', [], undefined],
])('the CAs of %s', (_system, files, expected) => {
  expect(trustOfThisMachine((file) => files.includes(file))).toEqual(expected === undefined ? {} : { systemCaFile: expected });
});
