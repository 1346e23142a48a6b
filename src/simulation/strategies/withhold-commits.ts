/** Takes part in everything but finality: its commit votes and the certificates made of them it keeps to itself. */
import { messageStrategy } from '../strategy.ts'

export const withholdCommits = messageStrategy((liar) => {
  // Announcements of final blocks.
  liar.node.links.publish = () => undefined
  return (message) => {
    if (message.kind === 'commitVote' || message.kind === 'epochEnd') return []
    if (message.kind !== 'certificates') return [message]
    return [{ ...message, bundle: { ...message.bundle, commitCertificate: null } }]
  }
})
