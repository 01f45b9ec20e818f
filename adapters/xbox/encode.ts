import type { Canonical, DecodeContext, EncodeContext } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { LossReport } from '../../src/dialect/losses.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { achievementForm } from './achievement.ts'
import { decode, recognise } from './decode.ts'
import { reportDifferences } from './difference.ts'
import { differencesIn, extensionOf, FORM, putBack } from './extension.ts'
import type { Form } from './form.ts'
import { legacyForm } from './legacy.ts'
import { firstTitleForm, titleForm } from './title.ts'
import { updateForm } from './update.ts'

/** Ours to theirs. */
export function encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject {
  const form = formFor(record, context)
  const reading = { locale: record.achievement?.name.locale ?? context.locale ?? '', envelope: {} }
  const entry = withSpellings(form, record, form.write(record, context), reading)
  reportDifferences(record, decode(entry, new LossReport(), reading), losses)
  return entry
}

const FORMS = new Map<string, Form>([
  ['achievement', achievementForm],
  ['legacy', legacyForm],
  ['title', titleForm],
  ['update', updateForm],
])

function formFor(record: Canonical, { shape, purpose }: EncodeContext): Form {
  const named = FORMS.get(shape ?? '')
  if (named !== undefined && named !== titleForm) return named
  const isTitle = named === titleForm || purpose === 'summary' || (record.summary && !record.achievement)
  if (isTitle) return extensionOf(record, 'summary')[FORM] === 'title_v1' ? firstTitleForm : titleForm
  if (record.achievement === undefined) return updateForm
  return extensionOf(record, 'achievement')[FORM] === 'legacy' ? legacyForm : achievementForm
}

/** The entry with what its extensions say, but for whatever would make it mean something else. */
function withSpellings(form: Form, record: Canonical, plain: JsonObject, reading: DecodeContext): JsonObject {
  const differences = differencesIn(form, record)
  if (differences.length === 0) return plain
  const meaning = form.read(plain, reading).record
  const means = (entry: JsonObject) => sameMeaning(form, entry, meaning, reading)
  const all = differences.reduce((entry, difference) => putBack(form, entry, difference), plain)
  if (means(all)) return all
  return differences.reduce((entry, difference) => {
    const next = putBack(form, entry, difference)
    return means(next) ? next : entry
  }, plain)
}

function sameMeaning(form: Form, entry: JsonObject, meaning: Canonical, reading: DecodeContext): boolean {
  try {
    const recognised = recognise(entry, {})
    if (recognised.form !== form) return false
    const found = new LossReport()
    reportDifferences(meaning, form.read(recognised.said, reading).record, found)
    return found.losses.length === 0
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}
