/** Is connected, and says nothing. */
import type { Strategy } from '../strategy.ts'

export const silent: Strategy = () => ({ rewrite: () => [] })
