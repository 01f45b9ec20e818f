import { closeBrowser, openPage } from '../support/browser.ts'
import { ensureBundle } from '../support/console-bundle.ts'
import { postJson } from '../support/post-json.ts'
import type { Environment } from './environment.ts'

const TITLE = 'large'
const PLAYER = 'collector'
const STAT_COUNT = 50
const ACHIEVEMENT_COUNT = 5_000
const CONCURRENT_CALLS = 32
const FIRST_ROWS_GOAL_MILLISECONDS = 300
const LONGEST_TASK_GOAL_MILLISECONDS = 200
const ROW_HEIGHT = 48
/** Three screens a step, until the end of the list. */
const SCROLL_STEP = 2_400

interface PageTimes {
  /** From the start of the navigation to the first row, with the files in the browser's cache. */
  readonly firstRowsMilliseconds: number
  /** The longest task of the page's thread while it scrolls through the list. */
  readonly longestTaskMilliseconds: number
}

export interface ConsoleResults {
  /** The list of the title. */
  readonly list: PageTimes
  /** A player with progress on every achievement. */
  readonly player: PageTimes
  readonly passed: boolean
}

/** Opens the list of a large title in Chromium, and a player with all of it, and scrolls through both. */
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
  const title = `${server.url}/console/titles/${TITLE}`
  log('opening the list, and scrolling through it')
  const list = await measurePage(title, '.achievements', achievementCount)
  await unlockAll(server.url, achievementCount)
  log('opening the player, and scrolling through the achievements')
  const player = await measurePage(`${title}/players/${PLAYER}`, '.player-achievements', achievementCount)
  await closeBrowser()
  const passed = [list, player].every(
    (times) =>
      times.firstRowsMilliseconds <= FIRST_ROWS_GOAL_MILLISECONDS &&
      times.longestTaskMilliseconds <= LONGEST_TASK_GOAL_MILLISECONDS,
  )
  return { list, player, passed }
}

/** @param frame the selector of the list's scrolling frame */
async function measurePage(url: string, frame: string, achievementCount: number): Promise<PageTimes> {
  await using opened = await openPage(url)
  const { page } = opened
  const whole = page.getByText(`${achievementCount.toLocaleString('en')} achievements`, { exact: true })
  await page.addInitScript(`(${OBSERVE})(${JSON.stringify(`${frame} tbody th`)})`)
  await whole.waitFor()
  await page.reload()
  await whole.waitFor()
  const firstRowsMilliseconds = await page.evaluate<number>('measured.firstRows')
  await page.evaluate('measured.longestTask = 0')
  for (let top = 0; top < achievementCount * ROW_HEIGHT; top += SCROLL_STEP) {
    await page.locator(frame).evaluate((element, to) => element.scrollTo(0, to), top)
    await page.waitForTimeout(20)
  }
  return {
    firstRowsMilliseconds,
    longestTaskMilliseconds: await page.evaluate<number>('measured.longestTask'),
  }
}

export function formatConsole({ list, player, passed }: ConsoleResults): string {
  const lines = (name: string, times: PageTimes) => [
    `${name}_first_rows ${Math.round(times.firstRowsMilliseconds)} ms, goal ${FIRST_ROWS_GOAL_MILLISECONDS} ms`,
    `${name}_longest_task ${Math.round(times.longestTaskMilliseconds)} ms, goal ${LONGEST_TASK_GOAL_MILLISECONDS} ms`,
  ]
  return [
    ...lines('console', list),
    ...lines('console_player', player),
    `console ${passed ? 'pass' : 'fail'}`,
    '',
  ].join('\n')
}

/** Runs in the page before its scripts, with the selector of a row. Browsers report tasks from 50 ms on. */
const OBSERVE = `(row) => {
  globalThis.measured = { firstRows: undefined, longestTask: 0 }
  new MutationObserver((_, observer) => {
    if (document.querySelector(row) === null) return
    measured.firstRows = performance.now()
    observer.disconnect()
  }).observe(document, { childList: true, subtree: true })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) measured.longestTask = Math.max(measured.longestTask, duration)
  }).observe({ type: 'longtask' })
}`

const caller = (url: string) => async (rpc: string, message: object) => {
  const { status, body } = await postJson(`${url}/laurel.v1.${rpc}`, message)
  if (status !== 200) throw new Error(JSON.stringify(body))
}

/** Raises each stat above the goals of the achievements that follow it. */
async function unlockAll(url: string, count: number): Promise<void> {
  const updates = Array.from({ length: STAT_COUNT }, (_, number) => ({
    statCode: `stat-${number}`,
    operation: 'STAT_OPERATION_SET',
    value: count,
  }))
  await caller(url)('ProgressService/RecordStats', { titleId: TITLE, playerId: PLAYER, updates })
}

async function createAchievements(url: string, count: number): Promise<void> {
  const call = caller(url)
  await call('TitleService/CreateTitle', { title: { titleId: TITLE, defaultLocale: 'en' } })
  let next = 1
  const create = async () => {
    for (let number = next++; number <= count; number = next++) {
      const name = { locale: 'en', text: `Achievement ${number}`, translations: { de: `Erfolg ${number}` } }
      const description = { locale: 'en', text: `Do the thing ${number} times` }
      const requirements = [
        {
          requirementId: 'goal',
          statCode: `stat-${number % STAT_COUNT}`,
          target: { integer: String(number) },
        },
      ]
      const achievement = {
        titleId: TITLE,
        achievementId: `achievement-${number}`,
        name,
        description,
        requirements,
        tags: [`tag-${number % 20}`],
        rewards: [{ kind: 'REWARD_KIND_GAMERSCORE', value: '10' }],
        hidden: number % 7 === 0,
      }
      await call('AchievementService/CreateAchievement', { achievement })
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_CALLS }, create))
}
