/** Entry of a worker thread of the crypto pool: a request in, a reply out, one at a time. */
import { parentPort } from 'node:worker_threads'
import { defined } from '../../base/invariant.ts'
import { chooseRecoverer } from './choose-recoverer.ts'
import { recoverPacked } from './crypto-job.ts'

const port = defined(parentPort, 'the port to the pool')
const { recoverer } = await chooseRecoverer()

// Requests that came while the backend was loading have been waiting for this listener.
port.on('message', (request: Uint8Array) => {
  const reply = recoverPacked(recoverer, request)
  port.postMessage(reply, [reply.buffer])
})
