/** An invariant did not hold in a simulated run: ends the run. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure'
  /** Which one, in a word. */
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.invariant = invariant
  }
}

/** The simulated machine goes down, wherever its program is just then. */
export class CrashSignal extends Error {
  override readonly name = 'CrashSignal'
}
