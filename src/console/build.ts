/** Bundles the console into `dist/`, which the server serves: `npm run prepare`. */
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

const SOURCE = import.meta.dirname
const TARGET = join(SOURCE, 'dist')
const ASSETS = join(TARGET, 'assets')

rmSync(TARGET, { recursive: true, force: true })
mkdirSync(ASSETS, { recursive: true })
writeIndex(await bundleScripts(), writeStyles())
compressAll()

/** Returns the file name of the script that a page loads. Pages are chunks of their own. */
async function bundleScripts(): Promise<string> {
  await using bundle = await rolldown({
    input: join(SOURCE, 'main.tsx'),
    platform: 'browser',
    tsconfig: join(SOURCE, 'tsconfig.json'),
    transform: { define: { SAMPLE_FILE: JSON.stringify(copySample()) } },
  })
  const { output } = await bundle.write({
    dir: ASSETS,
    format: 'esm',
    minify: true,
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
  })
  writeNotice(output.flatMap((each) => (each.type === 'chunk' ? each.moduleIds : [])))
  const [entry] = output
  return entry.fileName
}

/** Writes the licences of the packages in the bundle, which the server's own notice repeats: an image does not have the packages. */
function writeNotice(modules: readonly string[]): void {
  const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? [])
  const licences = [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const files = readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file))
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
    return [`${name} ${version}`, `Licence: ${license}`, ...texts].join('\n\n')
  })
  writeFileSync(join(TARGET, 'NOTICE'), licences.join('\n\n'))
}

/** Joins the styles of the console, its pages and the dialects' cards into one file, and returns its name. */
function writeStyles(): string {
  const patterns = ['styles.css', 'parts/*.css', 'pages/*/*.css', '../../adapters/*/card.css']
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: SOURCE }).sort())
  const styles = files.map((file) => readFileSync(join(SOURCE, file), 'utf8')).join('\n')
  return writeAsset('styles', styles, 'css')
}

/** Copies the sample document of the command line, `<title>.<dialect>.json`, and returns its name. */
function copySample(): string {
  const [sample = ''] = globSync('../cli/samples/*.*.json', { cwd: SOURCE })
  return writeAsset(basename(sample, '.json'), readFileSync(join(SOURCE, sample), 'utf8'), 'json')
}

/** Writes a file with the hash of its content in its name, so that browsers may keep it. */
function writeAsset(name: string, content: string, extension: string): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8)
  const file = `${name}-${hash}.${extension}`
  writeFileSync(join(ASSETS, file), content)
  return file
}

function writeIndex(script: string, styles: string): void {
  const template = readFileSync(join(SOURCE, 'index.html'), 'utf8')
  writeFileSync(
    join(TARGET, 'index.html'),
    template.replace('main.tsx', `assets/${script}`).replace('styles.css', `assets/${styles}`),
  )
}

/** Writes a compressed copy beside each file, so that the server compresses nothing. */
function compressAll(): void {
  for (const entry of readdirSync(TARGET, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const content = readFileSync(file)
    writeFileSync(`${file}.br`, brotliCompressSync(content))
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
  }
}
