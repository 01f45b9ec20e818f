import { type DescField, ScalarType } from '@bufbuild/protobuf'
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { commentOf } from '../../grpc/comments.ts'
import { SERVER_HELP } from '../client.ts'
import { untilInterrupted } from '../interrupt.ts'
import { methodNamed } from '../rpc.ts'
import { addBindings } from './bindings.ts'
import { confirm } from './confirm.ts'
import { type OutputOptions, recordsOf } from './output.ts'
import { choicesOf, type Parameter, parametersOf } from './parameters.ts'
import { readJsonFile, requestOf } from './request.ts'
import { NOUNS, type Verb } from './rows.ts'
import { runVerb } from './run.ts'

interface Options extends OutputOptions {
  readonly file?: string
}

/** The fields whose comments do not help on a command line. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  request_id: 'an id of this call: another call with the same id returns the first response',
  page_size: 'the number of records of one call, at most 1000',
}

/** Adds the commands of a noun. */
export function addNoun(program: Command, name: string): void {
  const { description, verbs } = NOUNS[name] ?? { description: '', verbs: {} }
  const command = program.command(name).description(description)
  for (const [verbName, verb] of Object.entries(verbs)) addVerb(command, verbName, verb)
  if (name === 'titles' && verbs['update']) addBindings(command, verbs['update'])
}

function addVerb(noun: Command, name: string, verb: Verb): void {
  const method = methodNamed(verb.rpc)
  const parameters = parametersOf(method, verb)
  const records = recordsOf(method, verb.records)
  const comment = commentOf(method)
  const command = noun.command(name).description(firstSentence(comment))
  for (const { name, field, isOptional } of parameters.arguments) {
    command.addArgument(new Argument(isOptional ? `[${name}]` : `<${name}>`, describe(field)))
  }
  const options = parameters.options.map((parameter) => [parameter, addOption(command, parameter)] as const)
  if (parameters.body) {
    const effect = parameters.isUpdate ? ': each field that is not empty is written' : ''
    const description = `the ${parameters.body.name} in JSON, as --json prints it; - is standard input${effect}`
    command.option('--file <file>', description)
  }
  if (records.isList) {
    command.option(
      '--limit <number>',
      'the maximum number of records; 100 by default without --json',
      parseLimit,
    )
  }
  if (verb.isDestructive) command.option('--yes', 'do not ask for confirmation')
  command
    .option('--json', records.isList ? 'print each record as a line of JSON' : 'print JSON')
    .addHelpText('after', `\n${comment}\n${SERVER_HELP}`)
    .action(() =>
      untilInterrupted(async (signal) => {
        const { file, ...output } = command.opts<Options>()
        const request = requestOf(
          parameters,
          [
            ...parameters.arguments.map(
              (parameter, index) => [parameter, command.processedArgs[index]] as const,
            ),
            ...options.map(([parameter, attribute]) => [parameter, command.opts()[attribute]] as const),
          ],
          file === undefined ? undefined : await readJsonFile(file),
        )
        if (verb.isDestructive) await confirm(command, signal)
        await runVerb({ method, parameters, records, request, output }, signal)
      }),
    )
}

/** Returns the name of the option's value. */
function addOption(command: Command, { path, name, field }: Parameter): string {
  const isFlag = field.scalar === ScalarType.BOOL
  const option = new Option(isFlag ? `--${name}` : `--${name} <${placeholderOf(field)}>`, describe(field))
  if (field.enum !== undefined) option.choices([...choicesOf(field.enum).keys()])
  command.addOption(option)
  // A field of a record may be true already, and an optional field may be neither.
  if (isFlag && (path.includes('.') || field.proto.proto3Optional)) {
    command.option(`--no-${name}`, `the opposite of --${name}`)
  }
  return option.attributeName()
}

function placeholderOf(field: DescField): string {
  const isText = field.scalar === undefined || field.scalar === ScalarType.STRING
  const name = field.message?.name.toLowerCase() ?? (isText ? 'text' : 'number')
  return `${name.replace('timestamp', 'time')}${field.fieldKind === 'list' ? '...' : ''}`
}

function describe(field: DescField): string {
  return DESCRIPTIONS[field.name] ?? firstSentence(commentOf(field))
}

/** Returns the first sentence of a comment in one line. */
function firstSentence(comment: string): string {
  const flowing = comment.replaceAll('\n', ' ')
  return /^.*?[.](?= |$)/.exec(flowing)?.[0] ?? flowing
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.')
  return Number(text)
}
