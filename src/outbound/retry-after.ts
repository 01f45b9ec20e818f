const LONGEST = 60 * 60 * 1000
const TOO_MANY_REQUESTS = 429
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * Milliseconds in which no other request should come, by the longest that any header says; at most an hour. What a
 * header says of the time when a budget is full again counts once the budget is used up.
 * @param now in milliseconds, for an answer without a date of its own
 */
export function retryAfter(
  status: number,
  headers: ReadonlyMap<string, string>,
  now: number,
): number | undefined {
  const limited = status === TOO_MANY_REQUESTS
  const isUsedUp = (remaining: string | undefined) =>
    remaining === undefined ? limited : Number(remaining) === 0
  const waits = [
    // With a success it says when to look again, which is nobody's limit.
    status >= 400 ? retryAfterOf(headers, now) : undefined,
    isUsedUp(headers.get('x-ratelimit-remaining'))
      ? seconds(headers.get('x-ratelimit-reset-after'))
      : undefined,
    isUsedUp(headers.get('ratelimit-remaining')) ? seconds(headers.get('ratelimit-reset')) : undefined,
    ...limitsFrom(headers.get('ratelimit'))
      .filter(({ r }) => isUsedUp(r))
      .map(({ t }) => seconds(t)),
  ].filter((wait) => wait !== undefined)
  return waits.length === 0 ? undefined : Math.min(LONGEST, Math.max(...waits))
}

function retryAfterOf(headers: ReadonlyMap<string, string>, now: number): number | undefined {
  const text = headers.get('retry-after')
  const until = httpDate(text)
  if (until === undefined) return seconds(text)
  // By the answer's own clock, whatever ours says.
  return Math.max(0, until - (httpDate(headers.get('date')) ?? now))
}

function httpDate(text: string | undefined): number | undefined {
  const time = text !== undefined && HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}(\.\d{1,12})?$/.test(text)
    ? Math.ceil(Number(text) * 1000)
    : undefined
}

/** The items of `"burst";r=0;t=12, "day";r=900;t=3600`. */
function limitsFrom(text = ''): { r: string | undefined; t: string | undefined }[] {
  // A quote that is never closed reaches to the end: a pattern that fails there would start again at each later quote.
  const items = text.replace(/"(?:[^"\\]|\\.?)*(?:"|$)/g, '').split(',')
  return items.map((item) => ({
    r: /;\s*r=(\d+)/.exec(item)?.[1],
    t: /;\s*t=(\d+)/.exec(item)?.[1],
  }))
}
