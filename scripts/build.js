// Turns src/**/*.ts into dist/**/*.js, file by file, and copies what else lies in src.
// Types are not looked at here: the gate does that, and a start must not wait for it.
import { realpathSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const SOURCES = join(root, 'src')
const TARGET = join(root, 'dist')
const STAMP = '.stamp'

/** Every import stays an import; only the extension changes with the file it names. */
const keepImports = {
  name: 'keep-imports',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path }) => {
      if (kind === 'entry-point') return null
      return { path: path.startsWith('.') ? path.replace(/\.ts$/, '.js') : path, external: true }
    })
  },
}

/**
 * Builds `from` into `to`. Each file is replaced in one step and only when it differs, so that
 * builds may overlap with each other and with processes that are just loading the result.
 */
export async function build(from = SOURCES, to = TARGET) {
  const { build: bundle } = await import('esbuild')
  const stamp = await newestChange(from)
  const files = await listFiles(from)
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: sources,
    outbase: from,
    outdir: to,
    bundle: true,
    plugins: [keepImports],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define: { __CANARIES__: 'false' },
    minifySyntax: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'silent',
    write: false,
  })
  const wanted = new Map(outputFiles.map(({ path, contents }) => [path, contents]))
  for (const asset of files.filter((file) => !file.endsWith('.ts'))) {
    wanted.set(join(to, relative(from, asset)), await readFile(asset))
  }
  for (const [path, contents] of wanted) await replaceFile(path, contents)
  for (const file of await listFiles(to)) if (!wanted.has(file)) await rm(file, { force: true })
  await replaceFile(join(to, STAMP), Buffer.from(stamp))
}

/** Builds unless the last build saw the same sources; says whether it did. */
export async function buildIfStale(from = SOURCES, to = TARGET) {
  const [now, then] = await Promise.all([newestChange(from), readFile(join(to, STAMP), 'utf8').catch(() => '')])
  if (now === then) return false
  await build(from, to)
  return true
}

/** @param {string} folder */
async function listFiles(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/**
 * The youngest modification below `folder` or of this file. Folders count: a removal changes nothing else.
 * @param {string} folder
 */
async function newestChange(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => join(entry.parentPath, entry.name))
  const stats = await Promise.all([folder, fileURLToPath(import.meta.url), ...paths].map((path) => stat(path)))
  return String(Math.max(...stats.map(({ mtimeMs }) => mtimeMs)))
}

/**
 * @param {string} path
 * @param {Uint8Array} contents
 */
async function replaceFile(path, contents) {
  const before = await readFile(path).catch(() => undefined)
  if (before?.equals(contents)) return
  const draft = `${path}.${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(draft, contents)
  await rename(draft, path)
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await build()
