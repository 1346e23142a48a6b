import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { EXIT } from '../../../src/node/exit-codes.ts'

const PROGRAM = fileURLToPath(new URL('./hanging-stop.ts', import.meta.url))
const TYPESCRIPT = new URL('../../../scripts/typescript.js', import.meta.url).href
const NEVER_MS = 50_000
const ECHO_MS = 100
const LATER_MS = 1_500

/** Resolves once it listens for signals. */
async function startHanging(stopMsMax: number) {
  const program = spawn(process.execPath, ['--import', TYPESCRIPT, PROGRAM, String(stopMsMax)])
  onTestFinished(() => void program.kill('SIGKILL'))
  let log = ''
  program.stdout.on('data', (text: Buffer) => {
    log += text.toString()
  })
  const said = async (message: string) => {
    while (!log.includes(`"${message}"`)) await once(program.stdout, 'data')
  }
  await said('ready')
  return { program, said, log: () => log }
}

const exitCode = async (program: ChildProcess) => {
  if (program.exitCode === null) await once(program, 'close')
  return program.exitCode
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it('gives up a stop that hangs, and says so', { timeout: 60_000 }, async () => {
  const { program, log } = await startHanging(ECHO_MS)
  program.kill('SIGTERM')
  expect(await exitCode(program)).toBe(EXIT.failed)
  expect(log()).toContain('the stop was not done after 0.1 s and is given up')
})

it('ends a stop that hangs with a second signal', { timeout: 60_000 }, async () => {
  const { program, said, log } = await startHanging(NEVER_MS)
  program.kill('SIGTERM')
  await said('stopping')
  await pause(LATER_MS)
  program.kill('SIGINT')
  expect(await exitCode(program)).toBe(EXIT.failed)
  expect(log()).toContain('ended at once by a second signal, SIGINT')
})

it('takes the second of two signals that come together for no second wish', { timeout: 60_000 }, async () => {
  const { program, said, log } = await startHanging(LATER_MS)
  program.kill('SIGINT')
  await said('stopping')
  program.kill('SIGINT')
  expect(await exitCode(program)).toBe(EXIT.failed)
  expect(log()).toContain('is given up')
})
