// As many as the model allows claim a height that nobody has, and stay silent when they are asked for it.
import { expect, it } from 'vitest'
import { rejection } from '../../src/base/rejection.ts'
import { err } from '../../src/base/result.ts'
import { decodeDirect, encodeDirect } from '../../src/network/messages.ts'
import { decodeRequest } from '../../src/network/requests.ts'
import type { Checker } from '../../src/simulation/checker.ts'
import { scenarioOf } from '../../src/simulation/scenario.ts'
import { Simulator } from '../../src/simulation/simulate.ts'
import { peerOf } from '../../src/simulation/simulated-genesis.ts'
import { doubleVote } from '../../src/simulation/strategies/double-vote.ts'
import type { Strategy } from '../../src/simulation/strategy.ts'
import type { World } from '../../src/simulation/world.ts'

const LIARS = [0, 1]
const CLAIMED = 2 ** 40

/** Runs into its timeout, where a strategy could only refuse. */
function silence(world: World): void {
  for (const { links } of world.nodes.filter(({ isByzantine }) => !isByzantine)) {
    const request = links.request.bind(links)
    links.request = (to, body, options, done) => {
      const asked = decodeRequest(body)
      const isLost = LIARS.some((liar) => peerOf(liar) === to) && asked.ok && asked.value.kind === 'range'
      const late = (): void => done(err(rejection('request-timeout', 'no answer', 'ignore')))
      if (isLost) world.scheduler.after(options.timeoutMs * 1_000, late)
      else request(to, body, options, done)
    }
  }
}

/** Votes twice besides, so that the honest have a duty that only who is level does. */
const claimant: Strategy = (world, node) => {
  if (node.index === LIARS[0]) silence(world)
  const lie = doubleVote(world, node)
  return {
    rewrite(to, bytes) {
      const message = decodeDirect(bytes)
      if (!message.ok || message.value.kind !== 'status') return lie.rewrite(to, bytes)
      return [{ to, message: encodeDirect({ kind: 'status', status: { ...message.value.status, height: CLAIMED } }) }]
    },
  }
}

it('the honest are level all the same, and remove who is proven guilty', { timeout: 240_000 }, () => {
  let steps = 0
  let levelSteps = 0
  const members: string[][] = []
  const watcher: Checker = {
    onStep: ({ isByzantine, replica }) => {
      if (isByzantine || replica === null || replica.epoch.self === null) return
      steps += 1
      if (replica.syncProgress === null) levelSteps += 1
    },
    onEpoch: (_, { peers }) => {
      members.push(peers.map(String))
    },
  }
  const scenario = {
    ...scenarioOf(3, { nodes: 7, faults: [], strategies: [] }),
    link: { delayMsMin: 5, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true },
    byzantine: LIARS.map((node) => ({ node, strategy: 'claimant' })),
    candidates: 2,
    clients: 4,
    thinkMs: 200,
  }
  const { failure } = new Simulator(new Map([['claimant', claimant]])).run(scenario, null, [watcher])
  expect(failure?.message ?? 'holds').toBe('holds')
  expect(levelSteps / steps).toBeGreaterThan(0.9)
  expect(members.some((set) => LIARS.every((liar) => !set.includes(peerOf(liar))))).toBe(true)
})
