/**
 * One replica of a Twins run: the real core with its safety rules, and of all that surrounds it in
 * a node only what agreement cannot do without. Its disk never fails and it never crashes; blocks are empty.
 */

import { Core } from '../../consensus/core.ts'
import type { BuildRequest, TimerName } from '../../consensus/effects.ts'
import { hashHeader, qcDigest, tcDigest } from '../../crypto/digests.ts'
import type { Block } from '../../types/block.ts'
import { rootQc } from '../../types/certificate.ts'
import type { ConsensusParameters } from '../../types/genesis.ts'
import type { Header } from '../../types/header.ts'
import type { Hash, View } from '../../types/ids.ts'
import { freshSafetyRecord } from '../../types/safety-record.ts'
import { ownStatement } from '../../validation/own-statement.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'

export class TwinReplica {
  readonly index: number
  readonly validator: number
  readonly isGuilty: boolean
  readonly core: Core
  /** Everything it could serve. */
  readonly blocks = new Map<Hash, Block>()
  readonly timers = new Map<TimerName, number>()
  /** Blocks it is still looking for. */
  readonly wanted = new Map<Hash, readonly number[]>()
  /** The last view that it said it had timed out of. */
  timedOutView: View = 0
  isStopped = false

  constructor(
    index: number,
    validator: number,
    isGuilty: boolean,
    network: SimulatedGenesis,
    schedule: readonly number[],
    parameters: ConsensusParameters,
  ) {
    this.index = index
    this.validator = validator
    this.isGuilty = isGuilty
    const { validators, block } = network
    const root = rootQc(validators.epoch, block.block.hash)
    this.core = new Core(
      { validators, self: validator, schedule, parameters },
      {
        record: ownStatement(freshSafetyRecord(validators.epoch, root)),
        root: ownStatement(root),
        committed: { hash: root.blockHash, height: 0, view: 0 },
        commitCertificate: null,
        blocks: [],
      },
    )
    this.blocks.set(block.block.hash, block.block)
  }

  /** Two replicas with one key build different blocks, as different clocks and pools would make them. */
  build({ parentHash, view, justify, tc }: BuildRequest, parent: Header, miner: Header['miner']): Block {
    const { consensus } = parent
    const header: Header = {
      ...parent,
      parentHash,
      miner,
      height: parent.height + 1,
      consensus: {
        ...consensus,
        epoch: justify.epoch,
        view,
        justifyView: justify.view,
        justifyDigest: qcDigest(justify),
        tcDigest: tc === null ? null : tcDigest(tc),
        timeMs: consensus.timeMs + 1 + this.index,
      },
    }
    return { hash: hashHeader(header), header, justify, tc, transactions: [] }
  }
}
