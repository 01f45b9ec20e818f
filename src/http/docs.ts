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

/** Serves the OpenAPI document of the RPCs, and a viewer of it. Both are public, as the contract is. */
export function addDocs(app: FastifyInstance, document: () => JsonObject): void {
  app.get(PATH, async (_request, reply) => reply.send(document()))
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
