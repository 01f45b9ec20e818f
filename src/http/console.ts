import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fastifyStatic } from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** An issuer that people sign in at, with the client id of the console there. */
interface SignIn {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly scope: string
}

export interface ConsoleSettings {
  /** Returns the current issuers. They are public, and the pages may call them. */
  readonly signIns: () => readonly SignIn[]
  /** The folder of the bundle; by default `src/console/dist`, which `npm run prepare` writes. */
  readonly folder?: string
}

const BUNDLE = fileURLToPath(new URL('../console/dist', import.meta.url))
const NOT_BUILT = 'the console is not built: run `npm ci && npm run prepare` in the folder of Laurel\n'
const INDEX = 'index.html'

/** Serves the console: its files, its configuration, and its page for every other path, because each page has a URL. */
export function addConsole(app: FastifyInstance, { signIns, folder = BUNDLE }: ConsoleSettings): void {
  app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers({
        'content-security-policy': policyOf(signIns()),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      })
    })
    scope.register(fastifyStatic, { root: folder, serve: false, preCompressed: true })
    scope.get('/console/config.json', async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ signIns: signIns() }),
    )
    scope.get<{ Params: { '*': string } }>('/console/assets/*', async ({ params }, reply) =>
      // The names have a hash of the content.
      reply.sendFile(`assets/${params['*']}`, { maxAge: '365d', immutable: true }),
    )
    const sendIndex = async (_request: unknown, reply: FastifyReply) =>
      existsSync(join(folder, INDEX))
        ? reply.sendFile(INDEX, { cacheControl: false })
        : reply.code(503).type('text/plain; charset=utf-8').send(NOT_BUILT)
    const revalidated = {
      onRequest: async (_request: unknown, reply: FastifyReply) => {
        reply.header('cache-control', 'no-cache')
      },
    }
    // The address that a person tries first.
    scope.get('/', async (_request, reply) => reply.redirect('/console'))
    scope.get('/console', revalidated, sendIndex)
    scope.get('/console/*', revalidated, sendIndex)
  })
}

/** No page of another origin frames the console, and nothing inline runs. Icons are read from this server, or chosen files. */
function policyOf(signIns: readonly SignIn[]): string {
  const issuers = [...new Set(signIns.map(({ issuer }) => originOf(issuer)))].filter(Boolean)
  return [
    "default-src 'self'",
    `connect-src ${["'self'", ...issuers].join(' ')}`,
    "img-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : ''
}
