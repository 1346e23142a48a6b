/** Foundry's programs, as npm has installed them. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The program itself: the script in front of it starts another Node, and hides how it ended. */
export function foundryProgram(name: 'cast'): string {
  const require = createRequire(import.meta.url)
  const installed = createRequire(require.resolve(`@foundry-rs/${name}/package.json`))
  const { platform, arch } = process
  const binary = `@foundry-rs/${name}-${platform}-${arch === 'x64' ? 'amd64' : arch}`
  return join(dirname(installed.resolve(`${binary}/package.json`)), 'bin', name)
}
