// The gate: everything that is judged without running the product. One line per step, all output of those that fail.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** @type {[name: string, command: string, ...args: string[]][]} */
const steps = [
  ['lint', 'eslint', '--max-warnings=0', '.'],
  ['types', 'tsc', '--project', 'tsconfig.json'],
  ['format', 'biome', 'check', '--error-on-warnings', '--max-diagnostics=none', '.'],
  ['layers', 'depcruise', '--config', 'scripts/lint/layers.js', 'src', 'test', 'scripts', 'bin'],
  ['dead code', 'knip', '--config', 'scripts/lint/knip.js', '--treat-config-hints-as-errors'],
  ['dead code of the product', 'knip', '--config', 'scripts/lint/knip.js', '--production'],
]

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
function run(command, args) {
  return new Promise((resolve) => {
    let output = ''
    const child = spawn(`node_modules/.bin/${command}`, args, { env: { ...process.env, NO_COLOR: '1' } })
    const collect = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

const queue = [...steps]
/** @type {string[]} */
const failed = []

async function work() {
  for (let step = queue.shift(); step; step = queue.shift()) {
    const [name, command, ...args] = step
    const start = performance.now()
    const { ok, output } = await run(command, args)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
    if (ok) continue
    failed.push(name)
    console.log(output.trimEnd())
  }
}

await Promise.all(Array.from({ length: Math.min(availableParallelism(), steps.length) }, work))
console.log(failed.length === 0 ? 'gate passed' : `gate failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
