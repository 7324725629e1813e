import { existsSync } from 'node:fs';
import type { Settings } from '../../translators/settings.ts';

/** Where systems have the CAs that they trust, in one PEM file. */
const PLACES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine, Arch
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, RHEL
  '/etc/pki/tls/certs/ca-bundle.crt', // older ones of them
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/ssl/cert.pem', // macOS, BSD
];

/** What proxies on this machine trust: they can read what is here. */
export function trustOfThisMachine(exists: (file: string) => boolean = existsSync): Pick<Settings, 'systemCaFile'> {
  const systemCaFile = PLACES.find((place) => exists(place));
  return systemCaFile === undefined ? {} : { systemCaFile };
}
