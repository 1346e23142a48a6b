/** Which backend recovers signatures on this machine: the fastest that loads and passes the self-test. */
import { nobleRecoverer } from '../../crypto/backends/noble.ts'
import { createWasmRecoverer } from '../../crypto/backends/wasm.ts'
import type { Recoverer } from '../../crypto/secp256k1.ts'
import { selfTest } from '../../crypto/self-test.ts'
import { createNativeRecoverer } from './native-recoverer.ts'

export interface RecovererCandidate {
  readonly name: string
  readonly load: () => Recoverer | Promise<Recoverer>
}

export interface RecovererChoice {
  readonly recoverer: Recoverer
  /** The faster ones that had to be passed over, for the log. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[]
}

const CANDIDATES: readonly RecovererCandidate[] = [
  { name: 'native', load: createNativeRecoverer },
  { name: 'wasm', load: createWasmRecoverer },
  { name: 'noble', load: () => nobleRecoverer },
]

/** @throws when no candidate is fit: then no signature may be judged on this machine. */
export async function chooseRecoverer(
  candidates: readonly RecovererCandidate[] = CANDIDATES,
): Promise<RecovererChoice> {
  const refused: { name: string; reason: string }[] = []
  for (const { name, load } of candidates) {
    try {
      const recoverer = await load()
      const reason = selfTest(recoverer)
      if (reason === undefined) return { recoverer, refused }
      refused.push({ name, reason })
    } catch (error) {
      refused.push({ name, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  throw new Error(`no signature backend works: ${refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`)
}
