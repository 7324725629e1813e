const REDACTED = '[redacted]';
/** Fields whose whole content is secret, wherever they stand: of a TLS certificate, of a session ticket key, of a generic secret (Envoy's Secret). */
const SECRET_FIELDS = new Set([
  'privateKey',
  'private_key',
  'password',
  'sessionTicketKeys',
  'session_ticket_keys',
  'genericSecret',
  'generic_secret',
]);

/** Replaces every leaf, so that the shape (inline, file) can still be seen. */
function blackened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(blackened);
  if (typeof value !== 'object' || value === null) return REDACTED;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, blackened(field)]));
}

const isSecret = (value: object): boolean => 'kind' in value && value.kind === 'Secret';

function redactField(owner: object, name: string, value: unknown): unknown {
  if (SECRET_FIELDS.has(name) || (isSecret(owner) && (name === 'data' || name === 'stringData'))) return blackened(value);
  // kubectl keeps a whole copy of what was applied here.
  if (name === 'kubectl.kubernetes.io/last-applied-configuration') return REDACTED;
  return redacted(value);
}

/** A copy of plain data without private keys, passwords and the contents of Secrets, fit to be shown. */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, redactField(value, name, field)]));
}
