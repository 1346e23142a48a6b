// A rule that never fires is worse than none: each is planted once, beside code that it must leave alone.
import { ESLint } from 'eslint'
import { describe, expect, it } from 'vitest'

const CORE = 'src/consensus/planted.ts'
const SHELL = 'src/node/planted.ts'

// The planted files exist in memory only, so the compiler is told to take them without finding them in the project.
const eslint = new ESLint({
  cwd: process.cwd(),
  overrideConfig: {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: [CORE, SHELL], defaultProject: 'tsconfig.json' } },
    },
  },
})

async function rulesFiredBy(code: string, filePath: string): Promise<string[]> {
  const results = await eslint.lintText(`${code}\nexport {}\n`, { filePath })
  return [...new Set(results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message)))]
}

describe('the core reads no clock, no randomness and does no IO', () => {
  it.each([
    ['Date.now', 'export const a = Date.now()', 'no-restricted-globals'],
    ['new Date', 'export const a = new Date()', 'no-restricted-globals'],
    ['globalThis.Date', 'export const a = globalThis.Date.now()', 'no-restricted-globals'],
    ["globalThis['Date']", "export const a = globalThis['Date'].now()", 'no-restricted-globals'],
    ['an alias of globalThis', 'const g = globalThis\nexport const a = g.Date.now()', 'no-restricted-globals'],
    ['performance', 'export const a = performance.now()', 'no-restricted-globals'],
    ['Math.random', 'export const a = Math.random()', 'no-restricted-properties'],
    ['destructured Math.random', 'const { random } = Math\nexport const a = random()', 'no-restricted-properties'],
    ['an alias of Math', 'const m = Math\nexport const a = m.random()', 'no-restricted-syntax'],
    ['crypto', 'export const a = crypto.randomUUID()', 'no-restricted-globals'],
    ['process', 'export const a = process.pid', 'no-restricted-globals'],
    ['Buffer', 'export const a = Buffer.alloc(1)', 'no-restricted-globals'],
    ['setTimeout', 'setTimeout(() => 1, 1)', 'no-restricted-globals'],
    ['queueMicrotask', 'queueMicrotask(() => 1)', 'no-restricted-globals'],
    ['node: imports', "import { readFileSync } from 'node:fs'\nexport const a = readFileSync", 'no-restricted-imports'],
    [
      'bare built-in imports',
      "import { readFileSync } from 'fs'\nexport const a = readFileSync",
      'no-restricted-imports',
    ],
    ['types of built-ins', "import type { Stats } from 'node:fs'\nexport type A = Stats", 'no-restricted-imports'],
    ['dynamic imports', "export const a = import('node:fs')", 'no-restricted-syntax'],
    ['async functions', 'export const a = async () => 1', 'no-restricted-syntax'],
    ['promises', 'export const a = Promise.resolve(1)', 'no-restricted-syntax'],
    ['for-in', 'export function a(o: object) { for (const k in o) return k\n return 1 }', 'no-restricted-syntax'],
    ['locales', "export const a = 'a'.localeCompare('b')", 'no-restricted-syntax'],
  ])('refuses %s', async (_, code, rule) => {
    expect(await rulesFiredBy(code, CORE)).toContain(rule)
  })

  it('lets pure code pass', async () => {
    expect(await rulesFiredBy('export const least = (a: number, b: number): number => Math.min(a, b)', CORE)).toEqual(
      [],
    )
  })

  it('lets the shell read the clock', async () => {
    expect(await rulesFiredBy('export const now = (): number => Date.now()', SHELL)).toEqual([])
  })
})

describe('every folder', () => {
  const variants =
    "type V = 'a' | 'b'\nexport function f(v: V): number {\n  switch (v) {\n    case 'a':\n      return 1\n"

  it.each([
    ['a floating promise', 'Promise.resolve(1)', '@typescript-eslint/no-floating-promises'],
    ['a floating promise behind void', 'void Promise.resolve(1)', '@typescript-eslint/no-floating-promises'],
    ['a forgotten variant', `${variants}  }\n  return 2\n}`, '@typescript-eslint/switch-exhaustiveness-check'],
    [
      'a forgotten variant behind default',
      `${variants}    default:\n      return 2\n  }\n}`,
      '@typescript-eslint/switch-exhaustiveness-check',
    ],
    ['sort without a comparator', 'export const a = [2, 1].sort()', '@typescript-eslint/require-array-sort-compare'],
    [
      'toSorted without a comparator',
      "export const a = ['b'].toSorted()",
      '@typescript-eslint/require-array-sort-compare',
    ],
    ['any', 'export const a = (b: any) => 1', '@typescript-eslint/no-explicit-any'],
    ['a non-null assertion', 'export const a = (b?: number) => b!', '@typescript-eslint/no-non-null-assertion'],
    ['loose equality', 'export const a = (b: number) => b == 1', 'eqeqeq'],
    [
      'a suppressed type error',
      '// @ts-expect-error: because\nexport const a: number = 1',
      '@typescript-eslint/ban-ts-comment',
    ],
    ['work left for later', '// todo: finish\nexport const a = 1', 'no-warning-comments'],
    ['a suppressed rule', '/* eslint-disable eqeqeq */\nexport const a = (b: number) => b == 1', 'eqeqeq'],
    [
      'a long function',
      `export function a() {\n${'  f()\n'.repeat(70)}}\nfunction f() {\n  return 1\n}`,
      'max-lines-per-function',
    ],
    ['a long file', 'export {}\n'.repeat(401), 'max-lines'],
    [
      'a cast to Verified',
      "import type { Verified } from '../types/verified.ts'\nexport const a = (b: string) => b as Verified<string>",
      'no-restricted-syntax',
    ],
    [
      'the repair of a LevelDB',
      "import { ClassicLevel } from 'classic-level'\nexport const a = () => ClassicLevel.repair('x')",
      'no-restricted-properties',
    ],
  ])('refuses %s', async (_, code, rule) => {
    expect(await rulesFiredBy(code, SHELL)).toContain(rule)
  })

  it('accepts an exhaustive switch closed by unreachable', async () => {
    const closed =
      "import { unreachable } from '../base/invariant.ts'\n" +
      `${variants}    case 'b':\n      return 2\n    default:\n      return unreachable(v)\n  }\n}`
    expect(await rulesFiredBy(closed, SHELL)).toEqual([])
  })
})
