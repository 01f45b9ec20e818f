import { fromJson, toBinary } from '@bufbuild/protobuf'
import { Achievement } from '../../gen/laurel/v1/achievement.ts'
import { Stat } from '../../gen/laurel/v1/stat.ts'
import { Title } from '../../gen/laurel/v1/title.ts'
import { formatJson } from '../../model/exact-json.ts'
import { type JsonObject, sameJson } from '../../model/json.ts'
import type { DefinitionKind } from '../../model/record-line.ts'
import type { RecordOf } from '../../service/audit/record-change.ts'
import type { Definitions, ParseDefinition } from '../../service/records/definition-line.ts'
import { checkJsonMessage } from '../connect/json-message.ts'
import { descriptorRegistry } from '../descriptors.ts'
import { readAchievement } from './achievement.ts'
import { formatRecord } from './record-json.ts'
import { readId } from './scalars.ts'
import { readStat } from './stat.ts'
import { readRequiredInstant } from './time.ts'
import { readTitle } from './title.ts'
import { Violations } from './violations.ts'

const PARSERS: { readonly [Kind in DefinitionKind]: (json: JsonObject) => Definitions[Kind] } = {
  title: parseAs('title', 'Title', Title, (message, violations) => ({
    maskHiddenInGateways: false,
    ...readTitle(message, violations),
    etag: '',
  })),
  stat: parseAs('stat', 'Stat', Stat, (message, violations) => ({
    ...readStat(message, violations),
    etag: '',
  })),
  achievement: parseAs('achievement', 'Achievement', Achievement, (message, violations) => ({
    ...readAchievement(message, violations),
    titleId: readId(message.titleId, 'achievement.title_id', violations),
  })),
}

/**
 * Returns the definition of a message in JSON, with the times that it states. Documents of platforms have values beyond the limits of
 * requests: they are accepted if the definition holds them whole.
 */
const parseDefinition: ParseDefinition = (kind, json) => PARSERS[kind](json)

/** Records as the JSON of messages, and back, with the version that exports state. */
export const recordJson = (laurelVersion: string) => ({ formatRecord, parseDefinition, laurelVersion })

function parseAs<Kind extends DefinitionKind, Message extends Pick<Title, 'createTime' | 'updateTime'>>(
  kind: Kind,
  name: string,
  codec: { decode(bytes: Uint8Array): Message },
  read: (message: Message, violations: Violations) => Omit<Definitions[Kind], 'createTime' | 'updateTime'>,
) {
  return (json: JsonObject): Definitions[Kind] => {
    const registry = descriptorRegistry()
    const type = registry.getMessage(`laurel.v1.${name}`)
    if (type === undefined) throw new Error(`the contract has no message ${name}`)
    const text = formatJson(json)
    checkJsonMessage(type, Buffer.from(text))
    const message = codec.decode(toBinary(type, fromJson(type, JSON.parse(text), { registry })))
    const violations = new Violations(true)
    const definition = {
      ...read(message, violations),
      createTime: readRequiredInstant(message.createTime, `${kind}.create_time`, violations),
      updateTime: readRequiredInstant(message.updateTime, `${kind}.update_time`, violations),
    } as unknown as Definitions[Kind]
    const { etag: _, ...stated } = json
    const { etag: __, ...written } = formatRecord(kind, { etag: '', ...definition } as RecordOf<Kind>)
    if (!sameJson(stated, written)) violations.check()
    return definition
  }
}
