import type { CompletedOption, CompletedProgram, CompletedVerb, Value } from './completion-model.ts';

/**
 * Runs in bash from 3.2 on and needs no bash-completion. Nothing that was typed is evaluated, and the command is not started. Where the function
 * offers nothing, bash offers files.
 */
export function bashCompletion({ name, options, verbs }: CompletedProgram): string {
  return `# bash completion of ${name}
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} verb='' words='' i
  # Bash takes --flag=value for three words.
  if [ "$cur" = '=' ]; then
    cur=''
  elif [ "$prev" = '=' ] && [ "$COMP_CWORD" -ge 2 ]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    -*) ;;
    *)
      verb=\${COMP_WORDS[i]}
      break
      ;;
    esac
  done
  case $verb in
  '')
    words='${[...verbs.map((verb) => verb.name), ...flagsOf(options)].join(' ')}'
    ;;
${verbs.map(verbCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${name} ${name}
`;
}

const flagsOf = (options: readonly CompletedOption[]): readonly string[] => options.flatMap(({ flags }) => flags);

function verbCase({ name, options, argument }: CompletedVerb): string {
  const cases = options
    .filter(({ value }) => value.type !== 'none')
    .map((option) => `    ${option.flags.join(' | ')}) ${offered(option.value)} ;;`);
  const words = [...(argument.type === 'choice' ? argument.choices : []), ...flagsOf(options)];
  return `  ${name})
    case $prev in
${[...cases, `    *) words='${words.join(' ')}' ;;`].join('\n')}
    esac
    ;;`;
}

const offered = (value: Value): string => (value.type === 'choice' ? `words='${value.choices.join(' ')}'` : 'return');
