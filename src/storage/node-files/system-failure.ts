/** What the operating system throws, as the StorageFailure that the port promises. */
import { StorageFailure } from '../storage-failure.ts'

export function attempt<T>(what: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw systemFailure(what, error)
  }
}

export function systemFailure(what: string, error: unknown): StorageFailure {
  if (error instanceof StorageFailure) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN'
  return new StorageFailure(code, `${what}: ${error instanceof Error ? error.message : String(error)}`, error)
}
