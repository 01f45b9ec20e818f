import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LossReport } from '../../src/dialect/losses.ts'
import { formatTimeSpan, parseTimeSpan } from './formats.ts'
import { xbox } from './index.ts'

describe('the words of the wire', () => {
  it('has time spans of days, and of ticks', () => {
    expect(parseTimeSpan('1.02:03:04')).toBe(937_840_000_000n)
    expect(formatTimeSpan(937_840_000_000n)).toBe('1.02:03:04')
    expect(parseTimeSpan('soon')).toBeUndefined()
    fc.assert(
      fc.property(
        fc.bigInt(-(2n ** 63n), 2n ** 63n),
        (ticks) => parseTimeSpan(formatTimeSpan(ticks)) === ticks,
      ),
    )
  })

  it('creates the next number, and none beyond 31 bits', () => {
    const mint = (...taken: readonly string[]) =>
      xbox.ids.mint({ taken: new Set(taken), time: 0n, entropy: 0n })
    expect(mint()).toBe('1')
    expect(mint('2', '10', 'x')).toBe('11')
    expect(mint('1', '4294967295', '2147483648')).toBe('2')
    expect(mint('1', '2147483647')).toBe('2')
    const taken = new Set(['7', '8'])
    expect(xbox.ids.mint({ taken, time: 0n, entropy: 0n, last: '8' })).toBe('9')
  })

  it('derives a binding, and knows a player’s id', () => {
    expect(xbox.ids.deriveBinding('t', 0x7f3c91a1n)).toEqual({
      service_config_id: '00000000-0000-0000-0000-00007f3c91a2',
      title_id: '2134675874',
    })
    // An id of more than 31 bits loses the highest; all others are as they always were.
    expect(xbox.ids.deriveBinding('t', 0xff3c91a1n)['title_id']).toBe('2134675874')
    const complete = { service_config_id: '00000000-0000-0000-0000-00000000cafe', title_id: '51966' }
    expect(xbox.ids.completeBinding?.({ title_id: '51966' })).toEqual(complete)
    expect(xbox.ids.completeBinding?.({ service_config_id: complete.service_config_id })).toEqual(complete)
    expect(['0', '2533274912330216', '18446744073709551615'].every(xbox.ids.account.accepts)).toBe(true)
    expect(['', '01', '-1', '1e3', '18446744073709551616'].some(xbox.ids.account.accepts)).toBe(false)
  })
})

it('reports members beside a list that it does not write itself', () => {
  const report = new LossReport()
  const pagingInfo = { continuationToken: '32', totalRecords: 70 }
  xbox.envelope.readEnvelope(
    { pagingInfo, action: 'progressUpdate', version: '1' },
    report,
    new Set(['update']),
  )
  expect(report.losses.map(({ path }) => path)).toEqual(['$.pagingInfo.continuationToken', '$.version'])
})

it('reports the members of a request beside entries that do not carry them', () => {
  const lost = (shape: string) => {
    const report = new LossReport()
    const envelope = { action: 'progressUpdate', userId: '1', titleId: 2, serviceConfigId: 'a' }
    xbox.envelope.readEnvelope(envelope, report, new Set([shape]))
    return report.losses.map(({ path }) => path)
  }
  expect(lost('update')).toEqual([])
  expect(lost('achievement')).toEqual(['$.action', '$.userId', '$.titleId', '$.serviceConfigId'])
})
