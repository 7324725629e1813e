import type { CompletedOption, CompletedProgram, CompletedVerb } from './completion-model.ts';

/** For Windows PowerShell 5 and PowerShell 7. Where nothing is offered, it offers files. */
export function powershellCompletion({ name, options, verbs }: CompletedProgram): string {
  const words = [...verbs.map((verb) => [verb.name, verb.description] as const), ...wordsOf(options)];
  return `# PowerShell completion of ${name}
Register-ArgumentCompleter -Native -CommandName ${quoted(name)} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $verb = $typed | Where-Object { -not $_.StartsWith('-') } | Select-Object -First 1
  $last = if ($typed.Count -gt 0) { $typed[-1] } else { '' }
  $words = switch -CaseSensitive ("$verb") {
    '' { @(${words.map(([word, what]) => pair(word, what)).join(', ')}); break }
${verbs.map(verbCase).join('\n')}
  }
  $words | Where-Object { $_.Word -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Word, $_.Word, 'ParameterValue', $_.What)
  }
}
`;
}

const wordsOf = (options: readonly CompletedOption[]): readonly (readonly [string, string])[] =>
  options.flatMap(({ flags, description }) => flags.map((flag) => [flag, description] as const));

function verbCase({ name, options, argument }: CompletedVerb): string {
  const cases = options
    .filter(({ value }) => value.type !== 'none')
    .map(({ flags, value }) => {
      const offered = value.type === 'choice' ? value.choices.map((choice) => pair(choice, choice)).join(', ') : '';
      return `        { @(${flags.map(quoted).join(', ')}) -ccontains $_ } { @(${offered}); break }`;
    });
  const words = [...(argument.type === 'choice' ? argument.choices.map((choice) => [choice, choice] as const) : []), ...wordsOf(options)];
  return `    ${quoted(name)} {
      switch ($last) {
${[...cases, `        default { @(${words.map(([word, what]) => pair(word, what)).join(', ')}) }`].join('\n')}
      }
      break
    }`;
}

/** A tool tip must not be empty. No array: an array of one array is one array to PowerShell. */
const pair = (word: string, what: string): string => `@{ Word = ${quoted(word)}; What = ${quoted(what || word)} }`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
