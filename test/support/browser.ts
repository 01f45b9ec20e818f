import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core'

const SCREENSHOTS = fileURLToPath(new URL('../e2e/screenshots', import.meta.url))

const PACKAGE = JSON.parse(
  readFileSync(new URL('../../node_modules/@sparticuz/chromium/package.json', import.meta.url), 'utf8'),
)

let running: Promise<Browser> | undefined

/** Starts Chromium once for this process. A test's ends with the process. */
function startBrowser(): Promise<Browser> {
  running ??= unpackChromium().then((folder) =>
    playwright.launch({
      executablePath: join(folder, 'chromium'),
      // The package's own arguments are for one process without web security.
      args: ['--no-sandbox', '--disable-gpu'],
      env: {
        ...process.env,
        ...(existsSync('/etc/fonts') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') }),
      },
    }),
  )
  return running
}

/** A process that runs nothing else ends only after this. */
export async function closeBrowser(): Promise<void> {
  const browser = await running
  running = undefined
  await browser?.close()
}

/** Unpacks Chromium into a folder of temporary files, unless it is there: the package would run a file that another process writes. */
async function unpackChromium(): Promise<string> {
  const unpacked = join(tmpdir(), `laurel-chromium-${userInfo().uid}-${PACKAGE.version}`)
  if (existsSync(unpacked)) return unpacked
  const folder = mkdtempSync(join(tmpdir(), 'laurel-chromium-'))
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  // The package reads the variable before it returns the promise.
  const ready = chromium.executablePath()
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  await ready
  try {
    renameSync(folder, unpacked)
  } catch {
    // Another process was faster.
    rmSync(folder, { recursive: true, force: true })
  }
  return unpacked
}

export interface ConsolePage extends AsyncDisposable {
  readonly page: Page
  /** The problems of the page: uncaught errors, refusals of the content security policy, and errors in its log. */
  readonly problems: string[]
}

/** A log line of a page about a response or a broken connection that a test provokes: the console shows it to the reader. */
const FAILED_RESPONSE =
  /^Failed to load resource: (the server responded with a status of (4\d\d|503)|net::ERR_CONNECTION_(RESET|REFUSED))/

/**
 * Opens a page of the console in a window of its own. Disposing of it fails if something went wrong in the page.
 * @param url the server, and the page's path
 */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<ConsolePage> {
  const browser = await startBrowser()
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !FAILED_RESPONSE.test(message.text())) problems.push(message.text())
  })
  await page.goto(url)
  return {
    page,
    problems,
    async [Symbol.asyncDispose]() {
      await context.close()
      if (problems.length > 0) throw new Error(`the page has problems:\n${problems.join('\n')}`)
    },
  }
}

const VIEWS = [
  { name: 'light', colorScheme: 'light', width: 1280, hasAxe: true },
  { name: 'dark', colorScheme: 'dark', width: 1280, hasAxe: true },
  { name: 'narrow', colorScheme: 'light', width: 360, hasAxe: true },
  // The rules see nothing there that they do not see in 1280 pixels.
  { name: 'wide', colorScheme: 'light', width: 2560, hasAxe: false },
] as const

/**
 * Returns what axe finds in a page in light, in dark and on a narrow screen, and how far the page is wider than a screen, also a wide one,
 * or its content than a dialog.
 * Writes a screenshot of each.
 */
export async function inspect(page: Page, name: string): Promise<readonly string[]> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const found: string[] = []
  const size = page.viewportSize()
  for (const view of VIEWS) {
    await page.emulateMedia({ colorScheme: view.colorScheme })
    await page.setViewportSize({ width: view.width, height: 800 })
    await page.screenshot({ path: `${SCREENSHOTS}/${name}-${view.name}.png` })
    const violations = view.hasAxe ? await violationsOf(page) : []
    found.push(...violations.map((violation) => `${view.name}: ${violation}`))
    const overflow = await page.evaluate<number>(
      `Math.max(...[document.documentElement, ...document.querySelectorAll('dialog')]
        .map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))`,
    )
    if (overflow > 0) found.push(`${view.name}: the page or a dialog is ${overflow} pixels too wide`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  if (size !== null) await page.setViewportSize(size)
  return found
}

/** Runs axe in the page's own realm: the policy of the page forbids a script element. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(`if (window.axe === undefined) { ${axe.source} }`)
  const { violations } = await page.evaluate<axe.AxeResults>("axe.run({ resultTypes: ['violations'] })")
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}
