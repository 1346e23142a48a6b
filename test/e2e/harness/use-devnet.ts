/** One devnet for the tests of a file, gone when they are, its logs kept if one of them failed. */
import { afterAll, afterEach, beforeAll } from 'vitest'
import { Devnet } from './devnet.ts'

export function useDevnet(...options: readonly string[]): () => Devnet {
  let devnet: Devnet | undefined
  let failed = false
  beforeAll(async () => {
    devnet = await Devnet.start(...options)
  })
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail'
  })
  afterAll(() => devnet?.close(failed))
  return () => {
    if (devnet === undefined) throw new Error('the devnet did not start')
    return devnet
  }
}
