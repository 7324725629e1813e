import type { SessionPersistence } from '../../../crds/gateway-api/session-persistence.ts';
import { type ResolvedShare, type SessionBackends, sessionBackends } from '../backends/session-split.ts';

/** A rule of a kind that has sessions. */
interface SessionRule {
  readonly sessionPersistence?: SessionPersistence;
}

/** What a rule sends to, where its sessions ask for something else than weighted clusters. */
export interface RuleSessions extends SessionBackends {
  /** Without `sessionPersistence` where its sessions cannot be kept. */
  readonly rule: SessionRule;
  /** Fields that have no effect. */
  readonly ignored: readonly string[];
}

/** @param field path of the rule, `spec.rules[0]` */
export function ruleSessions(rule: SessionRule, resolved: readonly ResolvedShare[], field: string): RuleSessions {
  const { sessionPersistence, ...sessionless } = rule;
  const plain = { shares: resolved.map(({ share }) => share), uses: resolved.flatMap(({ backend }) => backend ?? []) };
  if (sessionPersistence === undefined) return { ...plain, rule, ignored: [] };
  const held = sessionBackends(resolved);
  if (held === undefined) return { ...plain, rule: sessionless, ignored: [`${field}.sessionPersistence`] };
  // Envoy's session header holds an address and no time.
  const timeless = sessionPersistence.type === 'Header' && sessionPersistence.absoluteTimeout !== undefined;
  return { ...held, rule, ignored: timeless ? [`${field}.sessionPersistence.absoluteTimeout`] : [] };
}
