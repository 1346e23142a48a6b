/**
 * Lies with the replica's own key, on its way out and for a few views: votes a second time for a block
 * that does not exist. The replica behind it stays honest, and its signing record knows nothing of it.
 */
import { utf8 } from '../base/bytes.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import { decodeDirect, encodeDirect } from '../network/messages.ts'
import type { Vote } from '../types/certificate.ts'
import type { Epoch, View } from '../types/ids.ts'
import type { Statement } from '../types/signing-domain.ts'

export type SignStatement = (statement: Statement) => Uint8Array

export class Equivocator {
  readonly #sign: SignStatement
  #lastView: View = 0

  constructor(sign: SignStatement) {
    this.#sign = sign
  }

  /** From now on until this view is over. */
  lieUntil(view: View): void {
    this.#lastView = view
  }

  /** Of a message that goes out, everything that goes out. */
  rewrite(bytes: Uint8Array): readonly Uint8Array[] {
    if (this.#lastView === 0) return [bytes]
    const message = decodeDirect(bytes)
    if (!message.ok || message.value.kind !== 'vote') return [bytes]
    const { vote } = message.value
    return vote.view > this.#lastView ? [bytes] : [encodeDirect({ kind: 'vote', vote: this.#otherVote(vote) }), bytes]
  }

  /** Two votes for blocks that nobody has proposed: proof enough, also on a network that has nothing to agree on. */
  contradiction(epoch: Epoch, view: View, signer: number): readonly Uint8Array[] {
    return ['one', 'another'].map((which) =>
      encodeDirect({ kind: 'vote', vote: this.#vote({ epoch, view, signer, justifyView: view - 1 }, which) }),
    )
  }

  #otherVote(vote: Vote): Vote {
    return this.#vote(vote, 'another')
  }

  #vote(place: Omit<Vote, 'blockHash' | 'signature'>, which: string): Vote {
    const { epoch, view, justifyView } = place
    const blockHash = keccak256Hash(utf8(`${which} block of view ${view}`))
    return { ...place, blockHash, signature: this.#sign({ kind: 'vote', epoch, view, blockHash, justifyView }) }
  }
}
