import { DecodeError, describe } from '../../src/dialect/decode-error.ts'
import {
  listIn,
  type Source,
  type SourcePage,
  type SourceRequest,
  type SourceTarget,
} from '../../src/dialect/source.ts'
import { isJsonObject, type JsonValue } from '../../src/model/json.ts'
import { isSnowflakeText } from './snowflake.ts'

/** The lists of Discord's API, which fit on one page. */
export const source: Source = {
  lacks: ({ application_id: id = '' }) => (isSnowflakeText(id) ? [] : ['application_id']),
  definitions: { ofAccount: false, ask: (target) => request('', target), read },
  progress: {
    ofAccount: true,
    // Secret ones are left out until they are complete.
    complete: false,
    ownOnly: true,
    ask: (target) => request('/users/@me', target),
    read: readOwn,
  },
}

function request(whose: string, { binding }: SourceTarget): SourceRequest {
  return { path: `${whose}/applications/${binding['application_id']}/achievements`, headers: {} }
}

function read(response: JsonValue): SourcePage {
  return { list: [], entries: listIn(response, []), next: undefined, total: undefined }
}

/** The credential decides whose list it is: refuses the list of another account. */
function readOwn(response: JsonValue, { account }: SourceTarget): SourcePage {
  const page = read(response)
  for (const [index, entry] of page.entries.entries()) {
    const user = isJsonObject(entry) ? entry['user_id'] : undefined
    if (user === undefined || user === null || String(user) === account) continue
    const found = describe(user)
    throw new DecodeError(
      [index, 'user_id'],
      `expected ${account}, whose credential it is, but found ${found}`,
    )
  }
  return page
}
