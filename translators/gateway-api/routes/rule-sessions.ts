import type { SessionPersistence } from '../../../crds/gateway-api/session-persistence.ts';
import { isTimeless } from '../../features/session-persistence/session-persistence.ts';
import { equal } from '../../graph/equal.ts';
import { type ResolvedShare, type SessionBackends, sessionBackends } from '../backends/session-split.ts';

/** A rule of a kind that has sessions. */
interface SessionRule {
  readonly sessionPersistence?: SessionPersistence;
}

/** What a rule sends to, where its sessions ask for something else than weighted clusters. */
export interface RuleSessions extends SessionBackends {
  /** With the sessions that its backends ask for where it has none of its own; without any where they cannot be kept. */
  readonly rule: SessionRule;
  /** Fields that have no effect. */
  readonly ignored: readonly string[];
}

/** Sessions that a rule is to have. */
interface Asked {
  /** Undefined: its backends ask for different ones, or not all of them for any. */
  readonly sessions: SessionPersistence | undefined;
  /** Fields that ask for it. */
  readonly fields: readonly string[];
}

/** @param field path of the rule, `spec.rules[0]` */
export function ruleSessions(rule: SessionRule, resolved: readonly ResolvedShare[], field: string): RuleSessions {
  const plain = { shares: resolved.map(({ share }) => share), uses: resolved.flatMap(({ backend }) => backend ?? []) };
  const { sessionPersistence: own, ...sessionless } = rule;
  const ownField = `${field}.sessionPersistence`;
  const asked = own === undefined ? askedByBackends(resolved, field) : { sessions: own, fields: [ownField] };
  if (asked === undefined) return { ...plain, rule, ignored: [] };
  const { sessions, fields } = asked;
  const held = sessions && sessionBackends(resolved);
  if (sessions === undefined || held === undefined) return { ...plain, rule: sessionless, ignored: fields };
  // A policy says it of itself, once.
  const ignored = own !== undefined && isTimeless(own) ? [`${ownField}.absoluteTimeout`] : [];
  return { ...held, rule: { ...rule, sessionPersistence: sessions }, ignored };
}

/** Envoy keeps the sessions of a rule in one way, so that its backends, or the policies for them, have to agree. Those that take nothing have no say. */
function askedByBackends(resolved: readonly ResolvedShare[], field: string): Asked | undefined {
  const members = resolved.filter(({ backend }) => backend !== undefined);
  const authors = new Set(members.flatMap(({ asked }) => asked?.author ?? []));
  if (authors.size === 0) return undefined;
  const sessions = members[0]?.asked?.sessions;
  const alike = members.every(({ asked }) => equal(asked?.sessions, sessions));
  const fields = [...authors].map((author) => `spec.sessionPersistence of ${author} for ${field}`);
  return { sessions: alike ? sessions : undefined, fields };
}
