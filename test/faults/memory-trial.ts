/**
 * Whether requests leave something behind in who answers them: it is held beside a replica that nobody asks
 * anything. What the chain takes (states of the last blocks, caches) grows in both alike.
 */
import type { Devnet } from '../e2e/harness/devnet.ts'
import { HeapProbe, type Memory } from './heap-probe.ts'

/** What is filled once, code that gets compiled included, is filled in the first third. */
const WARM_UP_SHARE = 1 / 3
const LIVE_MEBIBYTES_MAX = 4
/** Loose, because it says most about when V8 last gave something back: for what libraries in C++ keep. */
const RESIDENT_MEBIBYTES_MAX = 64
const MEBIBYTE = 1024 * 1024
/** In the process that is asked: something kept of each HTTP request. */
const LEAK = `{
  const { Server } = process.getBuiltinModule('node:http')
  const { emit } = Server.prototype
  globalThis.kept = []
  Server.prototype.emit = function (name, ...values) {
    if (name === 'request') globalThis.kept.push(new Array(512).fill(0))
    return emit.call(this, name, ...values)
  }
}`

interface Sample {
  readonly asked: Memory
  readonly unasked: Memory
}

export class MemoryTrial {
  readonly #asked: HeapProbe
  readonly #unasked: HeapProbe
  /** BOUND: as many as a campaign takes. */
  readonly #samples: Sample[] = []

  private constructor(asked: HeapProbe, unasked: HeapProbe) {
    this.#asked = asked
    this.#unasked = unasked
  }

  /** The devnet was started with `INSPECTABLE` in NODE_OPTIONS. */
  static async of(devnet: Devnet, asked: number, unasked: number): Promise<MemoryTrial> {
    return new MemoryTrial(await HeapProbe.attach(devnet, asked), await HeapProbe.attach(devnet, unasked))
  }

  /** So that one sees the trial fail. */
  async plantLeak(): Promise<void> {
    await this.#asked.evaluate(LEAK)
  }

  /** Says what it found. */
  async sample(): Promise<string> {
    const sample = { asked: await this.#asked.memory(), unasked: await this.#unasked.memory() }
    this.#samples.push(sample)
    return `${shown(sample.asked)}, beside it ${shown(sample.unasked)}`
  }

  close(): void {
    this.#asked.close()
    this.#unasked.close()
  }

  /** Between the end of the warm-up and now. */
  faults(): readonly string[] {
    const first = this.#samples[Math.ceil(this.#samples.length * WARM_UP_SHARE) - 1]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || first === last) throw new Error('a trial needs more samples')
    const bounds = { live: LIVE_MEBIBYTES_MAX, resident: RESIDENT_MEBIBYTES_MAX }
    return (['live', 'resident'] as const).flatMap((kind) => {
      const grown = last.asked[kind] - first.asked[kind]
      const beside = last.unasked[kind] - first.unasked[kind]
      if (grown - beside <= bounds[kind] * MEBIBYTE) return []
      return [`${kind} memory grew by ${mebibytes(grown)} MiB, where nobody asked by ${mebibytes(beside)}`]
    })
  }
}

function shown({ live, resident }: Memory): string {
  return `${mebibytes(live)} MiB live of ${mebibytes(resident)}`
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1)
}
