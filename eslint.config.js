// What types, Biome and the layer check do not see. Each rule of our own is planted once in test/unit/gate.
import { builtinModules } from 'node:module'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const PURE = [
  ...['base', 'codec', 'types', 'trie', 'ledger', 'mempool', 'validation', 'consensus', 'sync', 'replica'],
  ...['simulation', 'storage/journal'],
].map((folder) => `src/${folder}/**/*.ts`)

// Deterministic like the pure folders, but compiling WebAssembly takes a promise.
const CRYPTO = 'src/crypto/**/*.ts'

const AMBIENT = [
  ...['Date', 'Intl', 'performance', 'crypto', 'process', 'Buffer', 'require', 'console', 'fetch', 'navigator'],
  ...['globalThis', 'global', 'window', 'self', 'eval', 'Function'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask'],
  ...[
    'Worker',
    'MessageChannel',
    'BroadcastChannel',
    'Atomics',
    'SharedArrayBuffer',
    'WeakRef',
    'FinalizationRegistry',
  ],
]

const castToVerified = {
  selector: 'TSAsExpression TSTypeReference[typeName.name="Verified"]',
  message: 'Only mintVerified makes a Verified value.',
}

const nonDeterminism = [
  { selector: 'ForInStatement', message: 'The order of for-in is nobody’s promise: iterate over sorted entries.' },
  {
    selector: 'CallExpression[callee.property.name=/^(localeCompare|toLocale[A-Z].*)$/]',
    message: 'Results depend on the locale and on the ICU version.',
  },
  {
    selector: ':not(MemberExpression) > Identifier[name="Math"]',
    message: 'Under another name, Math.random is unseen.',
  },
  { selector: 'MetaProperty[meta.name="import"]', message: 'A pure folder does not know where it lies.' },
]

const asynchrony = [
  ':function[async=true]',
  'AwaitExpression',
  'ImportExpression',
  'ForOfStatement[await=true]',
  'NewExpression[callee.name="Promise"]',
  'MemberExpression[object.name="Promise"]',
].map((selector) => ({ selector, message: 'Pure folders are synchronous: effects go out, events come in.' }))

const mathRandom = { object: 'Math', property: 'random', message: 'Randomness is an input.' }
// A repaired LevelDB may have lost files silently: on doubt it is deleted and rebuilt from the journal.
const levelRepair = { object: 'ClassicLevel', property: 'repair', message: 'Rebuild from the journal instead.' }

export default defineConfig(
  { ignores: ['dist/', 'devnet/', 'node_modules/'] },
  {
    files: ['**/*.{ts,js}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { noInlineConfig: true },
    rules: {
      eqeqeq: 'error',
      'no-restricted-properties': ['error', levelRepair],
      'no-warning-comments': [
        'error',
        { terms: ['todo', 'fixme', 'biome-ignore', 'eslint-disable'], location: 'anywhere' },
      ],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // The signatures of a native module are written with it. The release is pinned, and viem re-exports the same.
      '@typescript-eslint/no-deprecated': [
        'error',
        { allow: [{ from: 'package', package: 'abitype', name: 'parseAbi' }] },
      ],
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // The compiler says it already.
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: false }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 70, IIFEs: true }],
      'no-restricted-syntax': ['error', castToVerified],
    },
  },
  {
    files: [...PURE, CRYPTO],
    rules: {
      'no-restricted-globals': ['error', ...AMBIENT.map((name) => ({ name, message: 'Not in a pure folder.' }))],
      'no-restricted-imports': ['error', { paths: builtinModules, patterns: ['node:*'] }],
      'no-restricted-properties': ['error', mathRandom, levelRepair],
      'no-restricted-syntax': ['error', castToVerified, ...nonDeterminism],
    },
  },
  {
    files: PURE,
    rules: { 'no-restricted-syntax': ['error', castToVerified, ...nonDeterminism, ...asynchrony] },
  },
  {
    files: ['src/types/{mint-verified,verified}.ts'],
    rules: { 'no-restricted-syntax': ['error', ...nonDeterminism, ...asynchrony] },
  },
)
