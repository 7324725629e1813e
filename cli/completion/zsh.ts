import type { CompletedOption, CompletedProgram, CompletedVerb, Value } from './completion-model.ts';

/** To be sourced, or put as `_<name>` into a folder of $fpath. */
export function zshCompletion({ name, options, verbs }: CompletedProgram): string {
  return `#compdef ${name}
# zsh completion of ${name}
_${name}() {
  local curcontext="$curcontext" state line
  local -a verbs
  verbs=(
${verbs.map(({ name: verb, description }) => `    ${quoted(`${verb}:${description}`)}`).join('\n')}
  )
  _arguments -C ${options.flatMap(specsOf).join(' ')} '1: :->verb' '*:: :->rest'
  case $state in
  verb) _describe -t commands 'command' verbs ;;
  rest)
    case $line[1] in
${verbs.map(verbCase).join('\n')}
    esac
    ;;
  esac
}
if [ "$funcstack[1]" = "_${name}" ]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function verbCase({ name, options, argument }: CompletedVerb): string {
  const specs = [...options.flatMap(specsOf), ...(argument.type === 'none' ? [] : [quoted(`1:${name}${actionOf(argument)}`)])];
  return `    ${name}) _arguments ${specs.join(' ')} ;;`;
}

/** One for each flag, and each excludes the others. */
function specsOf({ flags, description, value }: CompletedOption): readonly string[] {
  const what = description.replaceAll(/[[\]]/g, '\\$&');
  const rest = value.type === 'none' ? '' : `:${what.replaceAll(':', '\\:')}${actionOf(value)}`;
  return flags.map((flag) => quoted(`(${flags.join(' ')})${flag}[${what}]${rest}`));
}

function actionOf(value: Value): string {
  switch (value.type) {
    case 'choice':
      return `:(${value.choices.join(' ')})`;
    case 'path':
      return ':_files';
    default:
      return ': ';
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
