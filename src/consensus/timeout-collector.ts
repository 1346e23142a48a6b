/**
 * Counts the timeouts of the current view. A timeout of a later view is of use only through the
 * certificates that it carries, which the core takes first; so one view's worth is all there is.
 */
import type { TimeoutEntry } from '../types/certificate.ts'
import type { TimeoutMessage } from '../types/consensus-message.ts'
import type { View } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'

export class TimeoutCollector {
  #view: View = 0
  readonly #messages = new Map<number, Verified<TimeoutMessage>>()

  /** The first of each signer counts. */
  add(message: Verified<TimeoutMessage>, currentView: View): void {
    if (message.timeout.view !== currentView) return
    if (this.#view !== currentView) {
      this.#view = currentView
      this.#messages.clear()
    }
    if (!this.#messages.has(message.timeout.signer)) this.#messages.set(message.timeout.signer, message)
  }

  /** Ascending by signer. */
  messages(view: View): Verified<TimeoutMessage>[] {
    if (view !== this.#view) return []
    return [...this.#messages.values()].sort((a, b) => a.timeout.signer - b.timeout.signer)
  }

  count(view: View): number {
    return view === this.#view ? this.#messages.size : 0
  }

  has(view: View, signer: number): boolean {
    return view === this.#view && this.#messages.has(signer)
  }
}

export function timeoutEntry(message: TimeoutMessage): TimeoutEntry {
  const { signer, highQcView, signature } = message.timeout
  return { signer, highQcView, signature }
}
