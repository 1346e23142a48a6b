/** A process that appends and syncs for ever and prints the number of each record that is durable. Run to be killed. */
import { writeSync } from 'node:fs'
import { Journal } from '../../../src/storage/journal/journal.ts'
import { NodeFiles } from '../../../src/storage/node-files/node-files.ts'

let count = 0
const opened = Journal.open(
  new NodeFiles(process.argv[2] ?? ''),
  { genesisHash: new Uint8Array(32), segmentBytes: 1 << 16, fromSegment: 1, reliedOn: null },
  () => {
    count += 1
  },
)
if (!opened.ok) throw new Error(opened.error.message)
const journal = opened.value

function appendNext(): void {
  const batchSize = 1 + (count % 3)
  for (let i = 0; i < batchSize; i++) {
    count += 1
    const payload = new Uint8Array(4 + ((count * 997) % 5000)).fill(count & 0xff)
    new DataView(payload.buffer).setUint32(0, count)
    journal.append(1, payload)
  }
  const durable = count
  journal.sync((failure) => {
    if (failure !== undefined) throw failure
    writeSync(1, `${durable}\n`)
    setImmediate(appendNext)
  })
}

// Two batches under way at any time: one on its way to disk, one gathering.
appendNext()
appendNext()
