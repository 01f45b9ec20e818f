export interface Credential {
  readonly form: 'Bearer' | 'Bot' | 'XBL3.0' | 'bare'
  readonly token: string
}

/**
 * Returns the credential of an Authorization header, undefined for none. Platforms write it as `Bearer <token>`,
 * `Bot <token>`, `XBL3.0 x=<user hash>;<token>`, or the token alone.
 */
export function readCredential(authorization: string | undefined): Credential | undefined {
  const text = authorization?.trim() ?? ''
  if (text === '') return undefined
  const [, scheme, rest] = /^(bearer|bot)\s+(\S+)$/i.exec(text) ?? []
  if (scheme !== undefined && rest !== undefined) {
    return { form: scheme.toLowerCase() === 'bot' ? 'Bot' : 'Bearer', token: rest }
  }
  const [, token] = /^xbl3\.0\s+x=[^;]*;(\S+)$/i.exec(text) ?? []
  if (token !== undefined) return { form: 'XBL3.0', token }
  return { form: 'bare', token: text }
}
