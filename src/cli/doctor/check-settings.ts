import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { AuthFileError, type AuthSettings, readAuthFile } from '../../auth/auth-file.ts'
import type { Config } from '../../config.ts'
import { dialects } from '../../registry.ts'
import { checkTls, type TlsFiles } from '../../tls.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000
const EXPIRES_SOON_DAYS = 30
const TIMEOUT_MILLISECONDS = 5_000

/** Checks the files and addresses that the configuration names, and the issuers of the auth file. */
export async function checkSettings({
  authFile,
  tls,
  grpcAddress,
  httpAddress,
}: Config): Promise<readonly Finding[]> {
  return [
    ...(await checkAuth(authFile)),
    ...(tls === undefined ? [] : checkCertificate(tls)),
    await checkAddress('gRPC address', grpcAddress),
    await checkAddress('HTTP address', httpAddress),
  ]
}

async function checkAuth(file: string | undefined): Promise<readonly Finding[]> {
  const check = 'auth file'
  if (file === undefined)
    return [
      warn(
        check,
        'callers are not authenticated: any program on this machine has full access (LAUREL_AUTH_FILE)',
      ),
    ]
  try {
    const settings = readAuthFile(file, dialects.keys())
    const { keys, issuers } = settings
    const found = ok(check, `${file}: ${keys.length} keys, ${issuers.length} issuers`)
    return [found, ...(await Promise.all(issuers.map((issuer) => checkIssuer(issuer, dirname(file)))))]
  } catch (error) {
    if (!(error instanceof AuthFileError)) throw error
    return [fail(check, error.message)]
  }
}

async function checkIssuer(
  { issuer, jwks }: AuthSettings['issuers'][number],
  folder: string,
): Promise<Finding> {
  const check = `issuer ${issuer}`
  try {
    const text = /^https?:/i.test(jwks)
      ? await fetchText(jwks)
      : readFileSync(new URL(jwks, `file://${folder}/`), 'utf8')
    const { keys } = JSON.parse(text) as { readonly keys?: readonly unknown[] }
    if (!Array.isArray(keys) || keys.length === 0)
      return fail(check, `${jwks} has no keys, so its tokens are refused`)
    return ok(check, `${keys.length} keys at ${jwks}`)
  } catch (error) {
    return fail(check, `its keys cannot be read from ${jwks}, so its tokens are refused: ${reasonOf(error)}`)
  }
}

async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) })
  if (!response.ok) throw new Error(`the response is ${response.status}`)
  return response.text()
}

function checkCertificate(files: TlsFiles): readonly Finding[] {
  const check = 'certificate'
  try {
    checkTls(files)
    const { validToDate } = new X509Certificate(readFileSync(files.certificate))
    const days = Math.floor((validToDate.getTime() - Date.now()) / DAY_MILLISECONDS)
    const until = `${files.certificate} is valid until ${validToDate.toISOString()}`
    if (days < 0) return [fail(check, `${until}: renew it`)]
    return [days < EXPIRES_SOON_DAYS ? warn(check, `${until}, ${days} days: renew it`) : ok(check, until)]
  } catch (error) {
    return [fail(check, reasonOf(error))]
  }
}

/** An address that is in use is that of a running server, most of the time. */
async function checkAddress(check: string, address: string): Promise<Finding> {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(address) ?? []
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: bracketed ?? plain, port: Number(port) }, resolve)
    })
    return ok(check, `${address} is free`)
  } catch (error) {
    const { code } = error as { readonly code?: string }
    return code === 'EADDRINUSE'
      ? warn(check, `${address} is in use: by a server that runs, or by another program`)
      : fail(check, `${address} cannot be used: ${reasonOf(error)}`)
  } finally {
    server.close()
  }
}
