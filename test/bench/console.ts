import { openPage } from '../support/browser.ts'
import { ensureBundle } from '../support/console-bundle.ts'
import { postJson } from '../support/post-json.ts'
import type { Environment } from './environment.ts'

const TITLE = 'large'
const ACHIEVEMENT_COUNT = 5_000
const CONCURRENT_CALLS = 32
const FIRST_ROWS_GOAL_MILLISECONDS = 300
const LONGEST_TASK_GOAL_MILLISECONDS = 200
const ROW_HEIGHT = 48
/** Three screens a step, until the end of the list. */
const SCROLL_STEP = 2_400

export interface ConsoleResults {
  /** From the start of the navigation to the first row, with the files in the browser's cache. */
  readonly firstRowsMilliseconds: number
  /** The longest task of the page's thread while it scrolls through the list. */
  readonly longestTaskMilliseconds: number
  readonly passed: boolean
}

/** Opens the list of a large title in Chromium, and scrolls through it. */
export async function measureConsole(
  environment: Environment,
  count: number | undefined,
  log: (line: string) => void,
): Promise<ConsoleResults> {
  await ensureBundle()
  const server = await environment.server()
  const achievementCount = count ?? ACHIEVEMENT_COUNT
  log(`creating ${achievementCount} achievements`)
  await createAchievements(server.url, achievementCount)
  await using opened = await openPage(`${server.url}/console/titles/${TITLE}`)
  const { page } = opened
  await page.addInitScript(OBSERVE)
  await page.getByText(`${achievementCount.toLocaleString('en')} achievements`).waitFor()
  log('opening the list, and scrolling through it')
  await page.reload()
  await page.getByText(`${achievementCount.toLocaleString('en')} achievements`).waitFor()
  const firstRowsMilliseconds = await page.evaluate<number>('measured.firstRows')
  await page.evaluate('measured.longestTask = 0')
  for (let top = 0; top < achievementCount * ROW_HEIGHT; top += SCROLL_STEP) {
    await page.locator('.achievements').evaluate((frame, to) => frame.scrollTo(0, to), top)
    await page.waitForTimeout(20)
  }
  const longestTaskMilliseconds = await page.evaluate<number>('measured.longestTask')
  const passed =
    firstRowsMilliseconds <= FIRST_ROWS_GOAL_MILLISECONDS &&
    longestTaskMilliseconds <= LONGEST_TASK_GOAL_MILLISECONDS
  return { firstRowsMilliseconds, longestTaskMilliseconds, passed }
}

export function formatConsole(results: ConsoleResults): string {
  const { firstRowsMilliseconds: first, longestTaskMilliseconds: longest } = results
  return [
    `console_first_rows ${Math.round(first)} ms, goal ${FIRST_ROWS_GOAL_MILLISECONDS} ms`,
    `console_longest_task ${Math.round(longest)} ms, goal ${LONGEST_TASK_GOAL_MILLISECONDS} ms`,
    `console ${results.passed ? 'pass' : 'fail'}`,
    '',
  ].join('\n')
}

/** Runs in the page before its scripts. Browsers report tasks from 50 ms on. */
const OBSERVE = `
  globalThis.measured = { firstRows: undefined, longestTask: 0 }
  new MutationObserver((_, observer) => {
    if (document.querySelector('.achievements tbody th') === null) return
    measured.firstRows = performance.now()
    observer.disconnect()
  }).observe(document, { childList: true, subtree: true })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) measured.longestTask = Math.max(measured.longestTask, duration)
  }).observe({ type: 'longtask' })
`

async function createAchievements(url: string, count: number): Promise<void> {
  const call = async (rpc: string, message: object) => {
    const { status, body } = await postJson(`${url}/laurel.v1.${rpc}`, message)
    if (status !== 200) throw new Error(JSON.stringify(body))
  }
  await call('TitleService/CreateTitle', { title: { titleId: TITLE, defaultLocale: 'en' } })
  let next = 1
  const create = async () => {
    for (let number = next++; number <= count; number = next++) {
      const name = { locale: 'en', text: `Achievement ${number}`, translations: { de: `Erfolg ${number}` } }
      const description = { locale: 'en', text: `Do the thing ${number} times` }
      const requirements = [
        { requirementId: 'goal', statCode: `stat-${number % 50}`, target: { integer: String(number) } },
      ]
      const achievement = {
        ...{ titleId: TITLE, achievementId: `achievement-${number}`, name, description, requirements },
        tags: [`tag-${number % 20}`],
        rewards: [{ kind: 'REWARD_KIND_GAMERSCORE', value: '10' }],
        hidden: number % 7 === 0,
      }
      await call('AchievementService/CreateAchievement', { achievement })
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_CALLS }, create))
}
