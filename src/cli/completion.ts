import { Argument, type Command, type Option } from 'commander'
import { print } from './terminal.ts'

const HELP = `
Load it in the shell's start file, for a command laurel in the PATH or a function of that name:

  source <(laurel completion bash)       # bash, and zsh with: laurel completion zsh
  laurel completion fish | source        # fish
`

const SCRIPTS: Readonly<Record<string, (program: Command) => readonly string[]>> = {
  bash: bashScript,
  // zsh has a compatible implementation of bash's completion.
  zsh: (program) => [
    'whence compdef >/dev/null || { autoload -U +X compinit && compinit; }',
    'autoload -U +X bashcompinit && bashcompinit',
    ...bashScript(program),
  ],
  fish: fishScript,
}

/**
 * Adds the command that prints a shell's script. The script holds all names, so that a completion starts no process, and leaves
 * names of files to the shell; npm's libraries start the program for each completion.
 */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the script that completes commands, options and their values in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', HELP)
    .action((shell: string) => print(SCRIPTS[shell]?.(program) ?? []))
}

interface Node {
  readonly command: Command
  /** The names that lead to it, without the program's. */
  readonly names: readonly string[]
}

/** Yields a command and all below it. */
function* nodesOf(command: Command, names: readonly string[] = []): Generator<Node> {
  yield { command, names }
  for (const inner of visibleCommands(command)) yield* nodesOf(inner, [...names, inner.name()])
}

function visibleCommands(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command)
}

function visibleOptions(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command)
}

/** A function for `complete -F`: it follows the words to the command, and offers what may come next. */
function bashScript(program: Command): readonly string[] {
  const nodes = [...nodesOf(program)]
  const cases = nodes.flatMap(({ command, names }) => {
    const path = ['', ...names].join('/')
    const options = visibleOptions(command)
    const values = options
      .filter(({ argChoices }) => argChoices !== undefined)
      .map(({ long, argChoices = [] }) => `    '${path} ${long}') words='${argChoices.join(' ')}' ;;`)
    const words = [
      ...visibleCommands(command).map((inner) => inner.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
      ...options.map(({ long }) => long),
    ]
    return [...values, `    '${path} '*) words='${words.join(' ')}' ;;`]
  })
  const paths = nodes.slice(1).map(({ names }) => `'${['', ...names].join('/')}'`)
  return [
    '_laurel() {',
    '  local path= words= word',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's variables
    '  for word in "${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do',
    '    case "$path/$word" in',
    `      ${paths.join('|')}) path="$path/$word" ;;`,
    '    esac',
    '  done',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's variables
    '  case "$path ${COMP_WORDS[COMP_CWORD-1]}" in',
    ...cases,
    '  esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's variables
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    // Without a match, the shell completes the names of files.
    'complete -o default -F _laurel laurel',
  ]
}

function fishScript(program: Command): readonly string[] {
  return [...nodesOf(program)].flatMap(({ command, names }) => {
    const inner = visibleCommands(command)
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`)
    const none =
      inner.length > 0
        ? [`not __fish_seen_subcommand_from ${inner.map((each) => each.name()).join(' ')}`]
        : []
    const condition = [...seen, ...none].join('; and ') || 'true'
    const line = (rest: string, description: string) =>
      `complete -c laurel -n '${condition}' ${rest} -d '${description.replaceAll(/[\\']/g, '\\$&')}'`
    return [
      ...inner.map((each) => line(`-f -a ${each.name()}`, each.description())),
      ...command.registeredArguments
        .filter(({ argChoices }) => argChoices !== undefined)
        .map(({ argChoices = [], description }) => line(`-f -a '${argChoices.join(' ')}'`, description)),
      ...visibleOptions(command).map(({ long, argChoices, description, ...option }) => {
        const values = argChoices === undefined ? '' : ` -x -a '${argChoices.join(' ')}'`
        const isRequired = option.required && argChoices === undefined ? ' -r' : ''
        return line(`-l ${long?.slice(2)}${values}${isRequired}`, description)
      }),
    ]
  })
}
