import type { Problem } from './problem.ts';

/** Either a value or what the user has to mend first. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const refused = (problem: Problem): Result<never> => ({ ok: false, problem });
