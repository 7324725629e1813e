import { relative } from 'node:path';
import { fieldOf, itemOf } from '../../crds/field-path.ts';
import { visible } from './display.ts';
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

/** Names of objects end at 253 characters, those of their namespaces at 63; a mistaken one may be a whole file. */
const LONGEST = 400;
const shortened = (text: string | undefined): string | undefined =>
  text === undefined || text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`;

/** `file:line: Kind ns/name: field: what is wrong. Cure.` */
export function problemText(problem: FileProblem, directory: string): string {
  const { file, line, object, path, message } = problem;
  const parts = [`${shortPath(file, directory)}:${line}`, shortened(object), shortened(path), message];
  return visible(parts.filter((part) => part !== undefined && part !== '').join(': '));
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
