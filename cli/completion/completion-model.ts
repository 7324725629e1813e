import type { Command, Option } from 'commander';

/** What may follow an option or stand as an argument. */
export type Value =
  | { readonly type: 'none' }
  /** Nothing that could be guessed. */
  | { readonly type: 'any' }
  | { readonly type: 'path' }
  | { readonly type: 'choice'; readonly choices: readonly string[] };

export interface CompletedOption {
  /** With their dashes: `-f`, `--file`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: Value;
}

export interface CompletedVerb {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Of its first argument. */
  readonly argument: Value;
}

/** All that a shell can complete of a command with verbs. */
export interface CompletedProgram {
  readonly name: string;
  readonly options: readonly CompletedOption[];
  readonly verbs: readonly CompletedVerb[];
}

/** Reads the tree that commander parses by, so that nothing is said twice. */
export function completedProgram(program: Command): CompletedProgram {
  const verbs = program.createHelp().visibleCommands(program);
  return { name: program.name(), options: optionsOf(program), verbs: verbs.map(verbOf) };
}

function verbOf(command: Command): CompletedVerb {
  const [first] = command.registeredArguments;
  return {
    name: command.name(),
    description: firstSentence(command.description()),
    options: optionsOf(command),
    argument: first === undefined ? { type: 'none' } : valueAfter({ choices: first.argChoices, placeholder: first.name() }),
  };
}

const optionsOf = (command: Command): readonly CompletedOption[] => command.createHelp().visibleOptions(command).map(optionOf);

function optionOf(option: Option): CompletedOption {
  const takesValue = option.required || option.optional;
  return {
    flags: [option.short, option.long].flatMap((flag) => flag ?? []),
    description: firstSentence(option.description),
    value: takesValue ? valueAfter({ choices: option.argChoices, placeholder: option.flags }) : { type: 'none' },
  };
}

/** Placeholders say what they stand for: `<path>`. */
function valueAfter({ choices, placeholder }: { readonly choices: readonly string[] | undefined; readonly placeholder: string }): Value {
  if (choices !== undefined) return { type: 'choice', choices };
  return /\b(path|file|folder)\b/.test(placeholder.replace(/^.*[<[]/, '')) ? { type: 'path' } : { type: 'any' };
}

/** Shells have a line for it. */
const firstSentence = (text: string): string => text.replace(/[;\n(].*$/s, '').trim();
