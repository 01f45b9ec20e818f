import { describe, expect, test } from 'vitest'
import { ConfigError, readClientConfig, readConfig } from './config.ts'

describe('readClientConfig', () => {
  test('reads the address, token and CA file of a client', () => {
    const nothing = { address: '127.0.0.1:50051', token: undefined, caFile: undefined }
    expect(readClientConfig({ LAUREL_TOKEN: '' })).toEqual(nothing)
    const env = { LAUREL_GRPC_ADDRESS: 'laurel.example:443', LAUREL_TOKEN: 'key', LAUREL_CA_FILE: 'ca.pem' }
    expect(readClientConfig(env)).toEqual({ address: 'laurel.example:443', token: 'key', caFile: 'ca.pem' })
  })
})

describe('readConfig', () => {
  test('uses defaults for absent or empty variables', () => {
    const defaults = {
      grpcAddress: '127.0.0.1:50051',
      httpAddress: '127.0.0.1:8080',
      authFile: undefined,
      tls: undefined,
      gateways: undefined,
      strictGateways: new Set(),
      console: true,
      allowedOrigins: new Set(),
      allowedHosts: new Set(),
      dataDirectory: '.laurel',
      databaseUrl: undefined,
      logLevel: 'info',
      timeBounds: { maxBackdateSeconds: 604_800, maxClockSkewSeconds: 60 },
      databasePool: 10,
      requestIdTtlHours: 48,
      spool: {
        folder: undefined,
        maxDocumentBytes: 1_073_741_824,
        maxMemoryBytes: 67_108_864,
        maxTotalBytes: 8_589_934_592,
        maxCallerBytes: 2_147_483_648,
      },
      workers: 1,
      writeBatching: true,
      eventRetentionHours: 720,
      auditRetentionHours: 8760,
      relay: true,
      relayLeaseSeconds: 30,
      shutdownDelaySeconds: 0,
      outboundPrivate: [],
      credentialsDirectory: undefined,
      credentials: {},
    }
    expect(readConfig({})).toEqual(defaults)
    expect(readConfig({ LAUREL_GRPC_ADDRESS: '', DATABASE_URL: '', LAUREL_DATABASE_POOL: '' })).toEqual(
      defaults,
    )
  })

  test('reads all variables', () => {
    const config = readConfig({
      DATABASE_URL: 'postgresql://u:p@db/laurel',
      LAUREL_MAX_BACKDATE_SECONDS: '0',
      LAUREL_MAX_CLOCK_SKEW_SECONDS: '5',
      LAUREL_REQUEST_ID_TTL_HOURS: '24',
    })
    expect(config.databaseUrl).toBe('postgresql://u:p@db/laurel')
    expect(config.timeBounds).toEqual({ maxBackdateSeconds: 0, maxClockSkewSeconds: 5 })
    expect(config.requestIdTtlHours).toBe(24)
  })

  test.each(['localhost:1', 'LOCALHOST:0', '127.0.0.1:50051', '127.255.3.4:65535', '[::1]:50051'])(
    'serves on the loopback address %s',
    (address) => {
      expect(readConfig({ LAUREL_GRPC_ADDRESS: address }).grpcAddress).toBe(address)
    },
  )

  test.each([
    '0.0.0.0:50051',
    '[::]:50051',
    '10.0.0.1:1',
    'laurel.example:50051',
    '127.0.0.1.example:1',
    '127.0.0.999:1',
  ])('refuses %s, which other machines may reach', (address) => {
    expect(() => readConfig({ LAUREL_GRPC_ADDRESS: address })).toThrow(/loopback.*no authentication/)
    expect(readConfig({ LAUREL_GRPC_ADDRESS: address, LAUREL_AUTH_FILE: 'auth.json' }).grpcAddress).toBe(
      address,
    )
  })

  test('reads the settings of deliveries', () => {
    const config = readConfig({
      LAUREL_RELAY: 'off',
      LAUREL_RELAY_LEASE_SECONDS: '600',
      LAUREL_EVENT_RETENTION_HOURS: '48',
      LAUREL_OUTBOUND_PRIVATE: '10.0.0.0/8, platform.internal,',
      LAUREL_CREDENTIALS_DIR: '/run/secrets',
      LAUREL_CREDENTIAL_TOY: 'a',
      LAUREL_CREDENTIAL_NONE: '',
      LAUREL_TOKEN: 'b',
    })
    expect(config).toMatchObject({ relay: false, relayLeaseSeconds: 600, eventRetentionHours: 48 })
    expect(config.outboundPrivate).toEqual(['10.0.0.0/8', 'platform.internal'])
    expect(config.credentialsDirectory).toBe('/run/secrets')
    expect(config.credentials).toEqual({ LAUREL_CREDENTIAL_TOY: 'a' })
  })

  test('accepts origins in the form of browsers, and lists others', () => {
    const origins = ['https://overlay.example', 'http://localhost:5173', 'capacitor://localhost']
    const config = readConfig({ LAUREL_ALLOWED_ORIGINS: origins.join(', ') })
    expect(config.allowedOrigins).toEqual(new Set(origins))
    const wrong = ['*', 'null', 'overlay.example', 'https://a.example/', 'https://A.example', 'http://a:80']
    for (const origin of wrong) {
      const message = messageOf(() => readConfig({ LAUREL_ALLOWED_ORIGINS: `https://a.example,${origin}` }))
      expect(message).toMatch(/LAUREL_ALLOWED_ORIGINS must be .* and not "[^,]+"$/)
      expect(message).toContain(JSON.stringify(origin))
    }
  })

  test('accepts host names, and lists others', () => {
    const hosts = new Set(['laurel.internal', 'achievements'])
    expect(readConfig({ LAUREL_ALLOWED_HOSTS: [...hosts].join() }).allowedHosts).toEqual(hosts)
    for (const host of ['*', '*.internal', 'laurel.internal:8080', 'http://laurel', 'Laurel', 'a..b']) {
      const message = messageOf(() => readConfig({ LAUREL_ALLOWED_HOSTS: `a,${host}` }))
      expect(message).toMatch(/LAUREL_ALLOWED_HOSTS must be names .* and not "[^,]+"$/)
      expect(message).toContain(JSON.stringify(host))
    }
  })

  test('accepts a certificate only with its key', () => {
    const files = { LAUREL_TLS_CERT_FILE: 'a.pem', LAUREL_TLS_KEY_FILE: 'b.pem' }
    expect(readConfig(files).tls).toEqual({ certificate: 'a.pem', key: 'b.pem', clientCa: undefined })
    expect(readConfig({ ...files, LAUREL_TLS_CLIENT_CA_FILE: 'c.pem' }).tls?.clientCa).toBe('c.pem')
    expect(() => readConfig({ LAUREL_TLS_CERT_FILE: 'a.pem' })).toThrow('LAUREL_TLS_KEY_FILE must be set')
    expect(() => readConfig({ LAUREL_TLS_CLIENT_CA_FILE: 'c.pem' })).toThrow(
      'LAUREL_TLS_CERT_FILE and LAUREL_TLS_KEY_FILE must be set',
    )
  })

  test.each([
    '50051',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '::1:50051',
    '[::1]',
    ':50051',
    '127.0.0.1:-1',
  ])('refuses %s, which is not an address', (address) => {
    expect(() => readConfig({ LAUREL_GRPC_ADDRESS: address })).toThrow(/must be host:port/)
  })

  test.each([
    'postgres://u:p@a:5432,b:5432/laurel',
    'postgres://a,b',
    'postgres://u:p,q@a,b/laurel?x=1',
    'postgres://u:p@a/laurel?target_session_attrs=read-write',
  ])('refuses %s, which names several hosts', (DATABASE_URL) => {
    expect(() => readConfig({ DATABASE_URL })).toThrow('DATABASE_URL must name one host')
    expect(
      readConfig({ DATABASE_URL: 'postgres://u:p,q@a/laurel?options=-c%20x=1,2' }).databaseUrl,
    ).toBeDefined()
  })

  test('refuses to keep events for a shorter time than responses to request ids', () => {
    const env = { LAUREL_REQUEST_ID_TTL_HOURS: '72', LAUREL_EVENT_RETENTION_HOURS: '71' }
    expect(() => readConfig(env)).toThrow(/LAUREL_EVENT_RETENTION_HOURS must be at least .* \(72\)/)
    expect(readConfig({ ...env, LAUREL_EVENT_RETENTION_HOURS: '72' }).eventRetentionHours).toBe(72)
  })

  test('lists all problems at once, and never the database URL', () => {
    const env = {
      LAUREL_GRPC_ADDRESS: 'nowhere',
      DATABASE_URL: 'mysql://root:secret@db',
      LAUREL_LOG_LEVEL: 'loud',
      LAUREL_MAX_BACKDATE_SECONDS: '-1',
      LAUREL_DATABASE_POOL: '0',
      LAUREL_REQUEST_ID_TTL_HOURS: '23',
      LAUREL_MAX_DOCUMENT_BYTES: '1e9',
      LAUREL_RELAY: 'yes',
      LAUREL_RELAY_LEASE_SECONDS: '1',
      LAUREL_EVENT_RETENTION_HOURS: '87601',
    }
    const message = messageOf(() => readConfig(env))
    for (const name of Object.keys(env)) expect(message).toContain(`${name} must be`)
    expect(message).not.toContain('secret')
  })
})

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('expected a ConfigError')
}
