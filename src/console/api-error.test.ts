import { expect, test } from 'vitest'
import { errorOfResponse, isUnavailable } from './api-error.ts'

test.each([
  ['a page of HTML', 502, '<html><h1>Bad Gateway</h1></html>'],
  ['nothing', 504, ''],
  ['JSON without a code', 503, '{"error":"Service Unavailable","statusCode":503}'],
  ['JSON with a code of its own', 503, '{"code":"ServiceUnavailable","message":"Try again."}'],
  ['JSON with a number as its code', 503, '{"code":503}'],
  ['JSON that is no object', 500, 'null'],
  ['a limit', 429, ''],
])('an error of a proxy that is %s may end by itself', (_, status, text) => {
  const error = errorOfResponse(status, text)
  expect([isUnavailable(error), error.message]).toEqual([true, `a proxy responds with HTTP ${status}`])
})

test('a refusal of a proxy does not', () => {
  expect(isUnavailable(errorOfResponse(403, '<h1>Forbidden</h1>'))).toBe(false)
})

test.each([
  ['not_found', false],
  ['unavailable', true],
] as const)("the server's error %s keeps its code and message", (code, expected) => {
  const error = errorOfResponse(500, JSON.stringify({ code, message: 'title x does not exist' }))
  expect([error.code, error.message, isUnavailable(error)]).toEqual([
    code,
    'title x does not exist',
    expected,
  ])
})
