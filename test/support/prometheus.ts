import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parse, stringify } from 'yaml'
import { freePort } from '../../src/embedded-postgres/port.ts'
import { untilListening } from './listening.ts'

const BINARY = ['/usr/bin/prometheus', '/usr/local/bin/prometheus'].find(existsSync)
const CONFIGURATION = new URL('../../src/deploy/prometheus/', import.meta.url)
const INTERVAL = '1s'

/** Why tests with a Prometheus cannot run here; undefined where they can. */
export const noPrometheus = BINARY === undefined ? 'prometheus is not installed' : undefined

export interface Prometheus extends AsyncDisposable {
  /** Returns the names of the alerts that fire. */
  firing(): Promise<ReadonlySet<string>>
}

interface Rule {
  readonly alert: string
  readonly expr: string
  for?: string
}

/**
 * Starts a Prometheus with the product's configuration and alerts. Only times differ: it scrapes each second, and what an alert
 * waits for, or looks back on, is seconds instead of minutes.
 * @param targets addresses of HTTP
 */
export async function startPrometheus(targets: readonly string[], key: string): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-prometheus-'))
  const configuration = parse(await readFile(new URL('prometheus.yml', CONFIGURATION), 'utf8'))
  const [scrape] = configuration.scrape_configs
  configuration.global = {
    scrape_interval: INTERVAL,
    scrape_timeout: INTERVAL,
    evaluation_interval: INTERVAL,
  }
  scrape.authorization.credentials_file = join(folder, 'key')
  scrape.static_configs = [{ targets }]
  const alerts = parse(await readFile(new URL('alerts.yml', CONFIGURATION), 'utf8'))
  for (const group of alerts.groups) group.rules = group.rules.map(hasten)
  await mkdir(join(folder, 'data'))
  await writeFile(join(folder, 'key'), key)
  await writeFile(join(folder, 'alerts.yml'), stringify(alerts))
  await writeFile(join(folder, 'prometheus.yml'), stringify(configuration))
  const port = await freePort(undefined)
  const child = spawn(
    BINARY as string,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const errors = text(child.stderr)
  const exited = once(child, 'exit')
  const failed = exited.then(async () => {
    throw new Error(`Prometheus ended: ${await errors}`)
  })
  failed.catch(() => {})
  await untilListening(port, failed)
  return {
    async firing() {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`)
      if (!response.ok) return new Set()
      const { data } = (await response.json()) as AlertsResponse
      return new Set(
        data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname),
      )
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface AlertsResponse {
  readonly data: {
    readonly alerts: readonly { readonly state: string; readonly labels: { readonly alertname: string } }[]
  }
}

function hasten({ for: _wait, ...rule }: Rule): Rule {
  return { ...rule, expr: rule.expr.replaceAll(/\[\d+m\]/g, '[10s]').replace('> 900', '> 1') }
}
