/** Tells how an epoch ended with a header more, which hangs the certified suffix behind an earlier block than the last. */
import { messageStrategy } from '../strategy.ts'

export const cutSuffix = messageStrategy(() => (message) => {
  if (message.kind !== 'epochEnd') return [message]
  const { header, finality } = message.proof
  const [first] = finality.suffix
  if (first === undefined) return [message]
  const elsewhere = { ...first, parentHash: header.parentHash }
  const suffix = [elsewhere, ...finality.suffix]
  return [{ kind: 'epochEnd', proof: { header, finality: { ...finality, suffix } } }]
})
