/** Of samples: ranks, never means, for a mean of latencies hides what a user feels. */

/** The nearest-rank percentile; NaN for no samples. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function median(samples: readonly number[]): number {
  return percentile(Float64Array.from(samples).sort(), 0.5)
}
