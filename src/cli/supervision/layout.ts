/** Where the files of a devnet lie. */
import { join } from 'node:path'
import { CONSENSUS_KEY_FILE, NETWORK_KEY_FILE } from '../key-directory.ts'

/** What a reset removes, and nothing else. */
export const OWN_ENTRY = /^(?:genesis\.json|settings\.json|devnet\.json|modules|node-\d+)$/
/** Made first and kept for ever: marks the directory as a devnet's own. */
const LOCK_NAME = 'devnet.lock'
/** Where a new network grows until it is complete. */
export const STAGING_NAME = 'new'

export class DevnetLayout {
  readonly directory: string

  constructor(directory: string) {
    this.directory = directory
  }

  get lock(): string {
    return join(this.directory, LOCK_NAME)
  }

  get genesis(): string {
    return join(this.directory, 'genesis.json')
  }

  /** Written last: without it the network is not complete. */
  get settings(): string {
    return join(this.directory, 'settings.json')
  }

  get processes(): string {
    return join(this.directory, 'devnet.json')
  }

  get modules(): string {
    return join(this.directory, 'modules')
  }

  node(index: number): string {
    return join(this.directory, `node-${index}`)
  }

  config(index: number): string {
    return join(this.node(index), 'node.json')
  }

  keys(index: number): string {
    return join(this.node(index), 'keys')
  }

  consensusKey(index: number): string {
    return join(this.keys(index), CONSENSUS_KEY_FILE)
  }

  networkKey(index: number): string {
    return join(this.keys(index), NETWORK_KEY_FILE)
  }
}
