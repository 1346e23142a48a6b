/** `tertia status`: how the agreement is going, as one node sees it. */
import type { Command } from 'commander'
import type { BftStatus, PeerStatus } from '../../node/node-api.ts'
import { type CliIo, show } from '../io.ts'
import { httpUrl } from '../options.ts'
import { RPC_URL_DEFAULT, RpcClient } from '../rpc-client.ts'

interface StatusOptions {
  readonly rpc: string
  readonly json?: true
}

export function registerStatus(program: Command, io: CliIo): void {
  program
    .command('status')
    .description('say how the agreement is going')
    .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
    .option('--json', 'print JSON')
    .action(async ({ rpc, json }: StatusOptions) => {
      const status = await new RpcClient(rpc).call<BftStatus>('bft_status')
      show(io, json, status, () => describe(status))
    })
}

function describe(status: BftStatus): string {
  const { role, address, n, quorum, faultsTolerated, failuresLeft, epoch, view, height } = status
  return [
    `node      ${role}${address === null ? '' : ` ${address}`}`,
    `head      block ${height} ${status.headHash}${status.syncing ? '   (syncing)' : ''}`,
    `view      ${view} of epoch ${epoch}, leader ${status.leader}`,
    `model     ${status.faultModel}: n = ${n}, t = ${faultsTolerated}, quorum ${quorum}; survives ${failuresLeft} more`,
    `agreement ${status.live ? 'can go on' : 'cannot go on'}${status.reason === null ? '' : `: ${status.reason}`}`,
    ...status.validators.map((peer) => describePeer(peer, peer.address === address)),
  ].join('\n')
}

function describePeer(peer: PeerStatus, isSelf: boolean): string {
  const place = peer.height === null ? 'not heard yet' : `block ${peer.height}, view ${peer.view ?? '?'}`
  const state = isSelf ? 'this node' : peer.connected ? place : `not connected, ${place}`
  return `  ${peer.name.padEnd(12)} ${peer.address}  ${state}${peer.suspicion === null ? '' : `, suspected: ${peer.suspicion}`}`
}
