import type { Problem } from '../ir/problem.ts';

/** A condition as the graph sees it; the writer adds `lastTransitionTime`, which moves only with `status`. */
export interface ConditionNode {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  /** It is for an object that says nothing of this type yet; what it says stays: nothing is known to the contrary. */
  readonly provisional?: true;
}

/** The contract's limit (D.9), and the API's. */
const MAX_MESSAGE = 32_768;

export type Draft = Omit<ConditionNode, 'observedGeneration'>;

export const holds = (type: string, reason: string, message: string): Draft => ({ type, status: 'True', reason, message });
export const fails = (type: string, reason: string, message: string): Draft => ({ type, status: 'False', reason, message });

/** The condition that some problems of one type amount to: the first one's reason, everybody's message. */
export function conditionOf(type: Problem['type'], problems: readonly Problem[], fine: Draft): Draft {
  const own = problems.filter((problem) => problem.type === type);
  const [first] = own;
  if (first === undefined) return fine;
  return fails(type, first.reason, [...new Set(own.map((problem) => problem.message))].join(' '));
}

/** Stamped with the generation of the object that it speaks of, and cut to what the API takes. */
export const stamped = (drafts: readonly Draft[], generation: number | undefined): readonly ConditionNode[] =>
  drafts.map((draft) => ({
    ...draft,
    message: draft.message.length > MAX_MESSAGE ? `${draft.message.slice(0, MAX_MESSAGE - 1)}.` : draft.message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }));
