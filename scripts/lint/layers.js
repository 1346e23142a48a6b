// Which folder may import what, for dependency-cruiser. An arrow points down only.

/**
 * Folder of src → the folders below it that it may import.
 * @type {Record<string, string[]>}
 */
const LAYERS = {
  base: [],
  codec: ['base'],
  types: ['base', 'codec'],
  crypto: ['base', 'codec', 'types'],
  trie: ['base', 'codec', 'types', 'crypto'],
  ledger: ['base', 'codec', 'types', 'crypto', 'trie'],
  network: ['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
  storage: ['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
  sync: ['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
  mempool: ['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
  validation: ['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
  consensus: ['base', 'types'],
  replica: [
    ...['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
    ...['network', 'storage', 'sync', 'mempool', 'validation', 'consensus'],
  ],
  simulation: [
    ...['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
    ...['network', 'storage', 'sync', 'mempool', 'validation', 'consensus', 'replica'],
  ],
  node: [
    ...['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
    ...['network', 'storage', 'sync', 'mempool', 'validation', 'consensus', 'replica'],
  ],
  rpc: ['base', 'codec', 'types', 'crypto', 'ledger'],
  cli: ['base', 'codec', 'types', 'crypto', 'trie', 'ledger', 'storage', 'network', 'node', 'rpc', 'client'],
  // Processes that can be hurt and made to lie. No layer names this one: nothing of the product leads to it.
  devnet: ['base', 'types', 'crypto', 'network', 'node', 'rpc', 'cli'],
  client: ['base', 'codec', 'types', 'crypto', 'trie'],
  testing: ['base', 'codec', 'types', 'crypto', 'trie', 'ledger'],
  explorer: ['base', 'codec', 'types', 'client'],
}

/**
 * The one file through which a layer looks into one that it may not see otherwise.
 * @type {Record<string, string>}
 */
const WINDOWS = { rpc: '^src/node/node-api\\.ts$', sync: '^src/network/(port|messages|requests)\\.ts$' }

/**
 * Package → the folders of src that may import it. A package that is not listed may not be imported at all.
 * @type {[names: string[], folders: string][]}
 */
const PACKAGES = [
  [['libp2p', '@libp2p/[^/]+', '@chainsafe/[^/]+', '@multiformats/[^/]+'], 'network/libp2p/'],
  [['uint8arrays'], 'base/'],
  [['classic-level'], 'storage/level/'],
  [['ws'], 'rpc/'],
  [['hash-wasm', '@noble/[^/]+', 'secp256k1', '@bitauth/libauth'], '(crypto|node)/'],
  [['@scure/[^/]+'], '(node|cli)/'],
  [['fs-native-extensions'], '(storage/node-files|node/)'],
  [['esbuild'], '(node|cli)/'],
  [['commander'], 'cli/'],
  [['abitype'], '(codec|ledger|rpc)/'],
  [['viem'], 'client/'],
  [['canonicalize'], '(ledger|node|cli)/'],
]

const IMPURE = '^src/(storage/(level/|node-files)|network/libp2p/|node/|rpc/|cli/|devnet/)'

/** @param {string[]} names */
const packagePath = (names) => `(^|node_modules/)(${names.join('|')})(/|$)`
/** @param {string[]} folders */
const inFolders = (folders) => `^src/(${folders.join('|')})/`

const severity = /** @type {const} */ ('error')

const layerRules = Object.entries(LAYERS).map(([layer, below]) => {
  const seen = inFolders([layer, ...below])
  const window = WINDOWS[layer]
  return {
    name: `layer-${layer}`,
    severity,
    from: { path: inFolders([layer]) },
    to: { path: '^(src|test|scripts|bin)/', pathNot: window === undefined ? [seen] : [seen, window] },
  }
})

// Rules match the name as written too: a package that could not be resolved must not slip through.
const packageRules = PACKAGES.map(([names, folders]) => ({
  name: `package-${String(names[0]).replaceAll(/\W+/g, '-')}`,
  severity,
  from: { path: '^src/', pathNot: `^src/${folders}` },
  to: { path: packagePath(names) },
}))

/** @type {NonNullable<import('dependency-cruiser').IConfiguration['forbidden']>} */
const forbidden = [
  ...layerRules,
  ...packageRules,
  {
    name: 'known-layer',
    comment: 'A new folder of src gets its place among the layers first.',
    severity,
    from: { path: '^src/', pathNot: inFolders(Object.keys(LAYERS)) },
    to: {},
  },
  {
    name: 'listed-package',
    comment: 'Each package is for one adapter: name it in PACKAGES.',
    severity,
    from: { path: '^src/' },
    to: {
      couldNotResolve: false,
      dependencyTypesNot: ['local', 'core'],
      pathNot: ['^src/', packagePath(PACKAGES.flatMap(([names]) => names))],
    },
  },
  {
    name: 'adapter-only-from-wiring',
    severity,
    from: { path: '^src/', pathNot: '^src/(storage/(level/|node-files)|network/libp2p/|node/|cli/|devnet/)' },
    to: { path: '^src/(storage/(level/|node-files)|network/libp2p/)' },
  },
  {
    name: 'package-http',
    severity,
    from: { path: '^src/', pathNot: '^src/rpc/' },
    to: { path: '^(node:)?https?2?$' },
  },
  {
    name: 'node-builtin-only-in-adapter',
    severity,
    from: { path: '^src/', pathNot: IMPURE },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'mint-only-in-validation',
    comment: 'Trust comes from validation, and from assembling certificates out of verified parts.',
    severity,
    from: { path: '^src/', pathNot: '^src/(validation/|consensus/assemble\\.ts$)' },
    to: { path: '^src/types/mint-verified\\.ts$' },
  },
  { name: 'no-circular', severity, from: { pathNot: '^src/simulation/' }, to: { circular: true } },
  {
    name: 'no-circular-simulation',
    comment:
      'A world and what lives in it know each other, but as types only: nothing depends on the order of loading.',
    severity,
    from: { path: '^src/simulation/' },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  { name: 'no-orphan', severity, from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' }, to: {} },
  { name: 'no-unresolvable', severity, from: {}, to: { couldNotResolve: true } },
]

export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
