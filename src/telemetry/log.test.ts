import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { destination } from 'pino'
import { expect, test } from 'vitest'
import { createLog } from './log.ts'

test('writes JSON lines without secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-log-'))
  try {
    const file = join(folder, 'log')
    const log = createLog('info', destination({ dest: file, sync: true }))
    log.info({ password: 'hush', metadata: { authorization: 'hush', 'laurel-actor': 'ops' }, port: 1 }, 'one')
    log.error({ config: { databaseUrl: 'postgres://u:hush@db/x', token: 'hush' } }, 'two')
    log.debug('three')
    const text = readFileSync(file, 'utf8')
    expect(text).not.toContain('hush')
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', msg: 'one', port: 1, password: '[redacted]' }),
      expect.objectContaining({ level: 'error', msg: 'two' }),
    ])
    for (const { time } of lines) expect(new Date(String(time)).toISOString()).toBe(time)
    expect(lines[0]?.['metadata']).toEqual({ authorization: '[redacted]', 'laurel-actor': 'ops' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const FULL = '/dev/full'

test.skipIf(!existsSync(FULL))(
  'outlives a line that cannot be written, as on a full disk (needs /dev/full)',
  () => {
    const log = createLog('info', destination({ dest: FULL, sync: true }))
    expect(() => {
      log.info('one')
      log.info('two')
    }).not.toThrow()
  },
)
