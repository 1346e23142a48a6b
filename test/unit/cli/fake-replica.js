// Stands for a replica: it lives until it is told to end. Arguments: data directory, behaviour.
import { appendFileSync, writeFileSync } from 'node:fs'

const [dataDir = '', behaviour] = process.argv.slice(2)
const ended = (/** @type {string} */ why) => {
  appendFileSync(`${dataDir}/ended`, `${why}\n`)
  process.exit(0)
}
if (behaviour === 'refuses') {
  console.error('tertia: the key is missing: make one')
  process.exit(78)
}
process.on('SIGTERM', () => behaviour !== 'stubborn' && ended('SIGTERM'))
if (behaviour === 'obedient') process.stdin.resume().on('end', () => ended('standard input ended'))
setInterval(() => undefined, 1_000)
console.log('running')
writeFileSync(`${dataDir}/node.pid`, String(process.pid))
