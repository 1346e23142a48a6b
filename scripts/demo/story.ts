/** The story that the demo tells, step by step: what is done, why, and what must have come of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoNetwork, Ended } from './network.ts'

export interface Step {
  readonly title: string
  readonly why: string
  /** What happened, in a line or two. @throws Error when the step does not hold. */
  readonly play: (network: DemoNetwork) => Promise<string>
}

/** Accounts 0 and 1 of the well-known mnemonic. */
const RECIPIENT = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const COINS_AT_GENESIS = 10_000
/** One coin each, in the steps below. */
const TRANSFERS = 6
/** From evidence to the next epoch takes some blocks; a busy machine takes its time for them. */
const REPLACED_TIMEOUT_MS = 30_000
const ASK_INTERVAL_MS = 200

export const STORY: readonly Step[] = [
  {
    title: 'a transfer becomes final',
    why: 'three of four validators have signed it twice: nothing can undo it',
    play: (network) => transfer(network, 0),
  },
  {
    title: 'a validator is killed, and the chain goes on',
    why: 'n = 4, t = 1: a quorum of 3 is left',
    play: async (network) => {
      const killed = said(await network.devnet('kill', '3'), /✓✓✓✗ {3}the chain goes on; tolerates 0 more/)
      return `${killed}\n${await transfer(network, 0)}\n${await transfer(network, 1)}`
    },
  },
  {
    title: 'it is started again, and catches up',
    why: 'its disk knows what it has signed, the others have what it missed, with proofs',
    play: async (network) => {
      const started = said(await network.devnet('start', '3'), /v3 synced \d+ blocks? .* voting from view \d+/)
      return `${started}\n${await transfer(network, 3)}`
    },
  },
  {
    title: 'the network is cut in two, and waits rather than splits',
    why: 'neither half has 3 of 4: what could be signed on both sides is final on none',
    play: async (network) => {
      said(await network.devnet('partition', '0,1', '2,3'), /^cut: /)
      const waiting = said(await network.devnet('status'), /the chain waits: 2 of 4/)
      const healed = said(await network.devnet('heal'), /✓✓✓✓ {3}the chain goes on/)
      return `${firstLine(waiting)}\n${healed}\n${await transfer(network, 2)}`
    },
  },
  {
    title: 'a validator votes twice, and the others can prove it',
    why: 'two signatures of one key for two blocks in one view: no honest replica makes them',
    play: async (network) => said(await network.devnet('equivocate', '2'), /EVIDENCE double vote by=v2 .*/),
  },
  {
    title: 'it is jailed and voted out, and the candidate takes its place',
    why: 'evidence is on the chain, and a quorum of 3 has voted: the next epoch begins with another set',
    play: replacement,
  },
  {
    title: 'the liar is gone, and the chain is as strong as before',
    why: 'n = 4 again: a validator is killed, and a quorum of 3 is left',
    play: async (network) => {
      const killed = said(await network.devnet('kill', '0'), /the chain goes on; tolerates 0 more/)
      return `${killed}\n${await transfer(network, 4)}`
    },
  },
  {
    title: 'a balance is verified, and no server believed',
    why: 'from the genesis hash over certificates and state root down to the account',
    play: async (network) => {
      const balance = COINS_AT_GENESIS + TRANSFERS
      const args = ['verify', 'balance', RECIPIENT, '--genesis', network.genesisHash, '--rpc', network.url(3)]
      return said(await network.command(...args), new RegExp(`validator sets [2-9] ✓.*proof ✓ {3}${balance}\\b`, 's'))
    },
  },
]

/** Until the set is one with v4 and without v2. */
async function replacement(network: DemoNetwork): Promise<string> {
  const deadline = performance.now() + REPLACED_TIMEOUT_MS
  while (true) {
    const listed = said(await network.command('validator', 'list', '--rpc', network.url(0)), /^v0 /m)
    const isReplaced = /^v4 .* validator$/m.test(listed) && !/^v2 /m.test(listed)
    if (isReplaced) return listed
    if (performance.now() > deadline) throw new Error(`v2 is still there, or v4 has no place: ${listed}`)
    await sleep(ASK_INTERVAL_MS)
  }
}

/** One coin from account 0 to account 1, sent to the validator of that number. */
async function transfer(network: DemoNetwork, via: number): Promise<string> {
  const args = ['tx', 'send', '--from', '0', '--to', '1', '--value', '1', '--wait', '--rpc', network.url(via)]
  const sent = said(await network.command(...args), /final in block \d+/)
  return `1 coin sent to v${via}: ${sent.split('\n')[1] ?? ''}`
}

/** What the command said, which must be this. */
function said({ code, stdout, stderr }: Ended, expected: RegExp): string {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr.trim()}`)
  if (!expected.test(stdout)) throw new Error(`expected ${String(expected)}, but: ${stdout.trim()}`)
  return stdout.trim()
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
