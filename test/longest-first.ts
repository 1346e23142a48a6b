// The order of test files: what is long begins early, so that no core is without work at the end.
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By the beginning of the path; all the others come after these. */
const LONG = ['test/campaign', 'test/e2e/', 'test/simulation/']

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => this.#rank(a) - this.#rank(b))
  }

  #rank({ moduleId }: TestSpecification): number {
    const path = relative(this.ctx.config.root, moduleId)
    const rank = LONG.findIndex((beginning) => path.startsWith(beginning))
    return rank === -1 ? LONG.length : rank
  }
}
