import type { CompletedOption, CompletedProgram, Value } from './completion-model.ts';

export function fishCompletion({ name, options, verbs }: CompletedProgram): string {
  const first = `complete -c ${name} -n __fish_use_subcommand`;
  const lines = verbs.flatMap((verb) => {
    const after = `complete -c ${name} -n ${quoted(`__fish_seen_subcommand_from ${verb.name}`)}`;
    const { argument } = verb;
    return [
      `${first} -f -a ${verb.name} -d ${quoted(verb.description)}`,
      ...verb.options.map((option) => `${after} ${optionOf(option)}`),
      ...(argument.type === 'choice' ? [`${after} -f -a ${quoted(argument.choices.join(' '))}`] : []),
    ];
  });
  return [
    `# fish completion of ${name}`,
    `complete -c ${name} -f`,
    ...options.map((option) => `${first} ${optionOf(option)}`),
    ...lines,
    '',
  ].join('\n');
}

function optionOf({ flags, description, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...argumentsOf(value), '-d', quoted(description)].join(' ');
}

function argumentsOf(value: Value): readonly string[] {
  switch (value.type) {
    case 'none':
      return [];
    case 'any':
      return ['-x'];
    case 'path':
      return ['-r', '-F'];
    case 'choice':
      return ['-x', '-a', quoted(value.choices.join(' '))];
  }
}

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
