/** What a peer says that it speaks (identify), held against what we speak: a wrong genesis shows in nothing else, for streams of another network are merely refused. */

/** For a person to read; null of a peer that speaks our protocol, and of one that speaks none like it. */
export function foreignSpeech(protocols: readonly string[], ours: string): string | null {
  if (protocols.includes(ours)) return null
  const theirs = protocols.find(
    (protocol) => protocol.startsWith('/tertia/') && partOf(protocol, 3) === partOf(ours, 3),
  )
  if (theirs === undefined) return null
  const [genesis, own] = [partOf(theirs, 2), partOf(ours, 2)]
  return genesis === own
    ? `it speaks ${theirs} and this node ${ours}: one of the two has to be updated`
    : `its genesis is ${genesis}, and that of this node ${own}: compare the genesis files ("tertia genesis show")`
}

function partOf(protocol: string, index: number): string | undefined {
  return protocol.split('/')[index]
}
