import type { FastifyInstance } from 'fastify'
import { DURATION_BOUNDARIES } from '../telemetry/calls.ts'
import { laurelMeter } from '../telemetry/metrics.ts'

/** Measures each request by its route. A path that is no route has none, so that callers cannot add series. */
export function measureRequests(app: FastifyInstance): void {
  const durations = laurelMeter().createHistogram('http.server.request.duration', {
    description: 'Duration of HTTP requests, by route and status',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BOUNDARIES },
  })
  app.addHook('onResponse', async ({ method, protocol, routeOptions, is404 }, reply) => {
    const route = is404 ? undefined : routeOptions.url
    durations.record(reply.elapsedTime / 1000, {
      'http.request.method': method,
      'url.scheme': protocol,
      'http.response.status_code': reply.raw.statusCode,
      ...(route !== undefined && { 'http.route': route }),
    })
  })
}
