// The layer rules see a planted tree in which every arrow below points the wrong way, and one tree as it should be.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cruise } from 'dependency-cruiser'
import { expect, it } from 'vitest'
import layers from '../../../scripts/lint/layers.js'

/** `folder/file` importing a module → the rule that must object. */
const PLANTED: [from: string, to: string, rule: string][] = [
  ['base/up.ts', '../codec/leaf.ts', 'layer-base'],
  ['types/up.ts', '../crypto/leaf.ts', 'layer-types'],
  ['consensus/up.ts', '../ledger/leaf.ts', 'layer-consensus'],
  ['consensus/sideways.ts', '../codec/leaf.ts', 'layer-consensus'],
  ['mempool/sideways.ts', '../consensus/leaf.ts', 'layer-mempool'],
  ['node/up.ts', '../rpc/leaf.ts', 'layer-node'],
  ['cli/hurts.ts', '../devnet/leaf.ts', 'layer-cli'],
  ['node/hurts.ts', '../devnet/leaf.ts', 'layer-node'],
  ['rpc/past-the-window.ts', '../node/leaf.ts', 'layer-rpc'],
  ['ledger/test-only.ts', '../../test/leaf.ts', 'layer-ledger'],
  ['replica/wires.ts', '../storage/level/leaf.ts', 'adapter-only-from-wiring'],
  ['replica/mints.ts', '../types/mint-verified.ts', 'mint-only-in-validation'],
  ['nowhere/new.ts', '../base/leaf.ts', 'known-layer'],
  ['node/libp2p.ts', 'libp2p', 'package-libp2p'],
  ['network/noise.ts', '@libp2p/noise', 'package-libp2p'],
  ['node/gossip.ts', '@chainsafe/libp2p-gossipsub', 'package-libp2p'],
  ['network/multiaddr.ts', '@multiformats/multiaddr', 'package-libp2p'],
  ['node/level.ts', 'classic-level', 'package-classic-level'],
  ['node/ws.ts', 'ws', 'package-ws'],
  ['node/http.ts', 'node:http', 'package-http'],
  ['rpc/keccak.ts', 'hash-wasm', 'package-hash-wasm'],
  ['ledger/noble.ts', '@noble/hashes/sha3.js', 'package-hash-wasm'],
  ['ledger/native.ts', 'secp256k1', 'package-hash-wasm'],
  ['node/viem.ts', 'viem', 'package-viem'],
  ['node/not-listed.ts', 'ethers', 'listed-package'],
  ['node/not-installed.ts', 'no-such-package', 'no-unresolvable'],
  ['node/missing.ts', './no-such-file.ts', 'no-unresolvable'],
  ['network/builtin.ts', 'node:net', 'node-builtin-only-in-adapter'],
  ['base/round.ts', './trip.ts', 'no-circular'],
]

const ALLOWED: [from: string, to: string][] = [
  ['types/down.ts', '../codec/leaf.ts'],
  ['consensus/down.ts', '../types/leaf.ts'],
  ['consensus/assemble.ts', '../types/mint-verified.ts'],
  ['validation/mints.ts', '../types/mint-verified.ts'],
  ['rpc/window.ts', '../node/node-api.ts'],
  ['rpc/server.ts', 'ws'],
  ['rpc/listener.ts', 'node:http'],
  ['network/libp2p/host.ts', 'libp2p'],
  ['network/libp2p/gossip.ts', '@chainsafe/libp2p-gossipsub'],
  ['storage/level/store.ts', 'classic-level'],
  ['crypto/keccak.ts', 'hash-wasm'],
  ['node/wiring.ts', '../storage/level/leaf.ts'],
]

const LEAVES = [
  ...['base', 'codec', 'types', 'crypto', 'ledger', 'consensus', 'storage/level', 'node', 'rpc', 'devnet'].map(
    (f) => `${f}/leaf.ts`,
  ),
  ...['types/mint-verified.ts', 'node/node-api.ts', '../test/leaf.ts'],
]

type Arrows = readonly (readonly [from: string, to: string, ...rest: string[]])[]

async function violationsOf(arrows: Arrows, form = 'import') {
  const root = mkdtempSync(join(tmpdir(), 'layers-'))
  const write = (file: string, code: string) => {
    const path = join(root, 'src', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  }
  try {
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'))
    symlinkSync(join(process.cwd(), 'package.json'), join(root, 'package.json'))
    for (const leaf of LEAVES) write(leaf, 'export const leaf = 1\n')
    for (const [from, to] of arrows) write(from, `${form} '${to}'\n`)
    for (const folder of ['base', 'simulation']) write(`${folder}/trip.ts`, "import './round.ts'\n")
    const { forbidden, options } = layers
    const { output } = await cruise(['src'], { ...options, baseDir: root, validate: true, ruleSet: { forbidden } })
    if (typeof output === 'string') throw new Error(output)
    return output.summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }))
  } finally {
    rmSync(root, { recursive: true })
  }
}

it.each(['import', 'import type {} from'])(
  'every planted arrow is refused by the rule made for it: %s',
  async (form) => {
    const found = await violationsOf(PLANTED, form)
    const missed = PLANTED.filter(([file, , rule]) => !found.some((v) => v.from === `src/${file}` && v.rule === rule))
    expect(missed).toEqual([])
  },
)

it('a file that nobody imports and that imports nobody is refused', async () => {
  expect(await violationsOf([])).toContainEqual({ from: 'src/codec/leaf.ts', rule: 'no-orphan' })
})

it('a simulated world and what lives in it know each other as types only', async () => {
  const round: Arrows = [['simulation/round.ts', './trip.ts']]
  const refusal = { from: 'src/simulation/round.ts', rule: 'no-circular-simulation' }
  expect(await violationsOf(round)).toContainEqual(refusal)
  expect(await violationsOf(round, 'import type {} from')).not.toContainEqual(refusal)
})

it('arrows that point down are left alone', async () => {
  const found = await violationsOf(ALLOWED)
  const ours = new Set(ALLOWED.map(([from]) => `src/${from}`))
  expect(found.filter(({ from }) => ours.has(from))).toEqual([])
})
