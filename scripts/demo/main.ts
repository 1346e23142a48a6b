// `npm run demo`: a network is hurt in every way that it promises to survive. Ends with 0 only if every step held.
import { DemoNetwork } from './network.ts'
import { STORY, type Step } from './story.ts'

const FAILED = 1
/** As shells report an end by SIGINT. */
const INTERRUPTED = 130

const beganMs = performance.now()
const network = new DemoNetwork()
const interruption = new AbortController()

/** Steps fail as soon as their network is gone. */
function interrupt(): void {
  if (interruption.signal.aborted) return
  interruption.abort()
  console.log('\n  interrupted: cleaning up')
  network.close().then(
    () => process.exit(INTERRUPTED),
    () => process.exit(FAILED),
  )
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)

async function play(step: Step, number: number): Promise<string | undefined> {
  console.log(`\n${number}. ${step.title}\n   because ${step.why}`)
  try {
    const happened = await step.play(network)
    console.log(happened.replaceAll(/^/gm, '   → '))
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function seconds(): string {
  return ((performance.now() - beganMs) / 1000).toFixed(1)
}

/** @returns what did not hold; the steps behind it are not played: they build on it. */
async function tell(): Promise<string | undefined> {
  console.log('Tertia: four validators and an observer, each a process of its own')
  await network.start()
  console.log(`ready after ${seconds()} s, genesis ${network.genesisHash}`)
  for (const [index, step] of STORY.entries()) {
    const failure = await play(step, index + 1)
    if (failure !== undefined) return `step ${index + 1}, ${step.title}: ${failure}`
  }
  return undefined
}

let failure: string | undefined
try {
  failure = await tell()
} catch (error) {
  failure = error instanceof Error ? error.message : String(error)
}
if (!interruption.signal.aborted) {
  await network.close()
  if (failure === undefined) {
    console.log(`\nevery step held, in ${seconds()} s:`)
    for (const { title } of STORY) console.log(`  ✓ ${title}`)
  } else console.log(`\nFAILED: ${failure}`)
  process.exitCode = failure === undefined ? 0 : FAILED
}
