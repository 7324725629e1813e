import { relative } from 'node:path';
import { fieldOf, itemOf } from '../../crds/field-path.ts';
import type { PathStep } from './yaml-places.ts';

/** What is wrong at a place of a file. */
export interface FileProblem {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `HTTPRoute default/backend`, where the place is inside of an object that can be named. */
  readonly object?: string;
  /** The field, as in `spec.rules[0].matches`. */
  readonly path?: string;
  /** What is wrong and what cures it. */
  readonly message: string;
}

/** The file as a person in `directory` would name it. */
export function shortPath(file: string, directory: string): string {
  const near = relative(directory, file);
  return near === '' || near.startsWith('..') ? file : near;
}

/** `file:line: Kind ns/name: field: what is wrong. Cure.` */
export function problemText(problem: FileProblem, directory: string): string {
  const parts = [`${shortPath(problem.file, directory)}:${problem.line}`, problem.object, problem.path, problem.message];
  return parts.filter((part) => part !== undefined && part !== '').join(': ');
}

/** Equal for the same mistake, also after lines above it came or went. */
export const problemId = (problem: FileProblem): string => JSON.stringify([problem.file, problem.object, problem.path, problem.message]);

const STEP = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]|([^.[\]]+)/g;

/** `spec.rules[0].labels["a.b"]` or `/spec/rules/0` -> the steps of it. */
export function pathSteps(path: string): readonly PathStep[] {
  if (path.startsWith('/')) {
    const steps = path.slice(1).split('/');
    return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
  }
  return [...path.matchAll(STEP)].map(([, index, double, single, name]) =>
    index === undefined ? (double ?? single ?? name ?? '') : Number(index),
  );
}

/** The reverse: steps -> `spec.rules[0].labels["a.b"]`. */
export const pathText = (steps: readonly PathStep[]): string =>
  steps.reduce<string>((path, step) => (typeof step === 'number' ? itemOf(path, step) : fieldOf(path, step)), '');
