/** The files that `tertia keys new` makes in its directory, and where other commands look for them. */
export const CONSENSUS_KEY_FILE = 'consensus.json'
export const NETWORK_KEY_FILE = 'network.key'
