/** The figures of a phase: medians over its rounds, and a table of them. */
import type { Round } from './closed-loop.ts'
import { median } from './statistics.ts'

export interface Phase {
  readonly target: string
  readonly inFlight: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** CPU seconds per second of each replica. */
  readonly cores: readonly number[]
  readonly clientCores: number
  /** Microseconds of CPU of all replicas together per committed transaction. */
  readonly cpuMicrosecondsEach: number
  /** Of each replica since its start. */
  readonly peakMebibytes: readonly number[]
  readonly signedLate: number
  readonly rounds: readonly Round[]
}

export function summarise(
  rounds: readonly Round[],
  rest: Pick<Phase, 'target' | 'inFlight' | 'peakMebibytes' | 'signedLate'>,
): Phase {
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure))
  return {
    ...rest,
    perSecond: of((round) => round.perSecond),
    p50Ms: of((round) => round.p50Ms),
    p95Ms: of((round) => round.p95Ms),
    p99Ms: of((round) => round.p99Ms),
    cores: rest.peakMebibytes.map((_, i) => of((round) => round.cores[i] ?? Number.NaN)),
    clientCores: of((round) => round.clientCores),
    cpuMicrosecondsEach: of(({ cores, perSecond }) => (cores.reduce((sum, own) => sum + own, 0) / perSecond) * 1e6),
    rounds,
  }
}

export function tableOf(phases: readonly Phase[]): string {
  const head = [
    '',
    'in flight',
    'tx/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'cores per replica',
    'client',
    'CPU µs/tx',
    'peak MiB',
  ]
  const rows = phases.map((phase) => [
    phase.target,
    String(phase.inFlight),
    phase.perSecond.toFixed(0),
    phase.p50Ms.toFixed(1),
    phase.p95Ms.toFixed(1),
    phase.p99Ms.toFixed(1),
    phase.cores.map((cores) => cores.toFixed(2)).join(' '),
    phase.clientCores.toFixed(2),
    phase.cpuMicrosecondsEach.toFixed(0),
    Math.max(...phase.peakMebibytes).toFixed(0),
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')
  return [head, ...rows].map(line).join('\n')
}
