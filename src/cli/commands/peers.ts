/** `tertia peers`: whom a running node is connected to. */
import type { Command } from 'commander'
import type { ConnectedPeer } from '../../node/node-api.ts'
import { askAdmin, DATA_OPTION } from '../admin-client.ts'
import { fail } from '../failure.ts'
import { type CliIo, show } from '../io.ts'

interface PeersOptions {
  readonly data: string
  readonly json?: true
}

export function registerPeers(program: Command, io: CliIo): void {
  const peers = program.command('peers').description('list, add and remove peers of a running node')
  const verb = (name: string, description: string) =>
    peers
      .command(name)
      .description(description)
      .requiredOption(...DATA_OPTION)
      .option('--json', 'print JSON')
  verb('ls', 'list who is connected').action(({ data, json }: PeersOptions) => list(data, json, io))
  verb('add', 'keep a connection to a peer until the node ends')
    .argument('<multiaddr>', '/ip4/…/tcp/…/p2p/PEER_ID')
    .action(async (address: string, { data, json }: PeersOptions) => {
      const peerId = await askAdmin<string>(data, 'admin_addPeer', [address])
      show(io, json, { peerId }, () => `${peerId} is dialled until the node ends; p2p.peers in node.json is for good`)
    })
  verb('remove', 'undo "peers add"')
    .argument('<peer id>', 'as "peers ls" prints it')
    .action(async (peerId: string, { data, json }: PeersOptions) => {
      const removed = await askAdmin<boolean>(data, 'admin_removePeer', [peerId])
      if (!removed) fail(`${peerId} was not added by "peers add"`)
      show(io, json, { peerId, removed }, () => `${peerId} is not dialled any more`)
    })
}

async function list(data: string, json: true | undefined, io: CliIo): Promise<void> {
  const connected = await askAdmin<readonly ConnectedPeer[]>(data, 'admin_peers')
  show(io, json, connected, () => connected.map(describe).join('\n') || 'nobody is connected')
}

function describe({ peerId, addresses, validator }: ConnectedPeer): string {
  const role = validator ? 'validator' : addresses.length > 0 ? 'peer' : 'stranger'
  return `${role.padEnd(9)}  ${peerId}  ${addresses.join(' ')}`.trimEnd()
}
