import { jsonArray } from '../../../src/dialect/kit/json-array.ts'
import type { GatewayResponse } from '../../../src/http/gateway.ts'
import type { JsonObject } from '../../../src/model/json.ts'

/** Discord's lists have no pages: they are sent as they are read. */
export async function listOf<Page>(
  pages: AsyncIterable<Page>,
  write: (page: Page) => readonly JsonObject[],
): Promise<GatewayResponse> {
  const body = await jsonArray(written(pages, write))
  return { status: 200, headers: { 'content-type': 'application/json' }, body }
}

async function* written<Page>(pages: AsyncIterable<Page>, write: (page: Page) => readonly JsonObject[]) {
  for await (const page of pages) yield write(page)
}
