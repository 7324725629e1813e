import { RE2JS } from 're2js';
import { UNICODE_CLASSES } from './unicode-classes.ts';

/**
 * RE2 gives a program 8 MiB (`RE2::Options::max_mem`, which Envoy leaves alone): two thirds of it for the forward program, 16 bytes an
 * instruction, of which it uses a quarter. Beyond that it refuses the pattern, and Envoy the whole message.
 */
const MAX_INSTRUCTIONS = Math.floor((8 * 1024 * 1024 * 2) / 3 / 4 / 16);

/** re2js counts a character class as one instruction; RE2 compiles it to bytes, each range outside ASCII to several sequences of up to four. */
const INSTRUCTIONS_OF_UNICODE_RANGE = 8;

/**
 * Why Envoy's RE2 would not compile a pattern, in words that can follow a colon; undefined if it does. RegExp is no judge of that: it takes
 * look-ahead and back-references, which RE2 does not.
 */
export function checkRegex(pattern: string): string | undefined {
  if (pattern === '') return 'it is empty';
  try {
    const size = instructionsOf(RE2JS.compile(pattern));
    if (size > MAX_INSTRUCTIONS) return `its repetitions make a program of ${size} instructions, of which RE2 takes ${MAX_INSTRUCTIONS}`;
    return escapeProblem(pattern);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return cause.replace(/^error parsing regexp: /, '');
  }
}

/** Quoted text, a class by name or by letter, a character by number, any other escape: each is passed over as a whole. */
const ESCAPES = /\\Q[\s\S]*?(?:\\E|$)|\\[pP](?:\{\^?(?<name>[^}]*)\}|(?<letter>[A-Z]))|\\x\{(?<hex>[^}]*)\}|\\(?<octal>[0-7]{3})|\\[\s\S]/g;

/** What Envoy refuses of a pattern that re2js takes: Envoy's RE2 is older, and it reads bytes (Latin-1). */
function escapeProblem(pattern: string): string | undefined {
  for (const { 0: written, groups = {} } of pattern.matchAll(ESCAPES)) {
    const name = groups['name'] ?? groups['letter'];
    if (name !== undefined && !UNICODE_CLASSES.has(name)) return `RE2 has no character class ${JSON.stringify(name)}`;
    const code = Math.max(Number.parseInt(groups['hex'] ?? '0', 16), Number.parseInt(groups['octal'] ?? '0', 8));
    if (code > 0xff) return `${written} is no byte, and Envoy matches bytes; write the character itself`;
  }
  return undefined;
}

/** A pattern that matches exactly this text. */
export const quoteRegex = (text: string): string => RE2JS.quote(text);

interface Instruction {
  /** Pairs of first and last character; a single one stands for itself. */
  readonly runes: readonly number[];
}

function instructionsOf(compiled: RE2JS): number {
  const program: { readonly inst: readonly Instruction[] } = compiled.re2Input.prog;
  return program.inst.reduce((sum, { runes }) => sum + instructionsOfRunes(runes), 0);
}

function instructionsOfRunes(runes: readonly number[]): number {
  let size = 1;
  for (let i = 1; i < runes.length; i += 2) if ((runes[i] ?? 0) > 0x7f) size += INSTRUCTIONS_OF_UNICODE_RANGE;
  return size;
}
