import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import { negotiate } from '@fastify/accept-negotiator'
import { type FastifySwaggerUiOptions, fastifySwaggerUi } from '@fastify/swagger-ui'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { JsonObject } from '../model/json.ts'

const PATH = '/openapi.json'

/** The viewer's own files only; it sets styles of elements, and shows icons from its stylesheet. */
const POLICY = {
  'default-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
}

const COMPRESS = {
  br: promisify(brotliCompress),
  gzip: promisify(gzip),
  identity: async (bytes: Buffer) => bytes,
}
type Encoding = keyof typeof COMPRESS
const ENCODINGS = Object.keys(COMPRESS) as Encoding[]

/** Serves the OpenAPI document of the RPCs, and a viewer of it. Both are public, as the contract is. */
export function addDocs(app: FastifyInstance, document: () => JsonObject): void {
  const bodies = new Map<Encoding, Promise<Buffer>>()
  // Each is compressed once, because the document never changes.
  const bodyIn = (encoding: Encoding) => {
    const body = bodies.get(encoding) ?? COMPRESS[encoding](Buffer.from(JSON.stringify(document())))
    bodies.set(encoding, body)
    return body
  }
  app.get(PATH, async ({ headers }, reply) => {
    const encoding = negotiate(headers['accept-encoding'] ?? '', ENCODINGS) ?? 'identity'
    if (encoding !== 'identity') reply.header('content-encoding', encoding)
    reply.header('vary', 'accept-encoding').type('application/json; charset=utf-8')
    return reply.send(await bodyIn(encoding))
  })
  app.register(async (scope) => {
    scope.decorate('swagger', document)
    // Called, and not registered: as a plugin it requires @fastify/swagger, which writes a document of Fastify's routes.
    const addViewer = fastifySwaggerUi as FastifyPluginAsync<FastifySwaggerUiOptions>
    await addViewer(scope, {
      routePrefix: '/docs',
      staticCSP: POLICY,
      uiConfig: { docExpansion: 'none' },
    })
  })
}
