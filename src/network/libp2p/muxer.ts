/**
 * Yamux that takes no more on trust than its streams may carry. The JavaScript one holds all of a data frame, up to the
 * 4 GiB that it may declare, before it is held against the stream's window; and it answers every ping and every
 * beginning of a stream, into a buffer without bound where the peer does not read.
 * Source: the Yamux specification (hashicorp/yamux, spec.md), "Ping" and "Flow control".
 */
import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { invariant } from '../../base/invariant.ts'
import type { NetworkLimits } from '../limits.ts'
import { TokenBucket } from '../token-bucket.ts'

/** Of each stream, and the smallest that Yamux knows: it grows by measured round trips only, and none is measured here. */
const WINDOW_BYTES = 256 * 1024
const HEADER_BYTES = 12
/** The flag of what has to be answered: a ping, or the first frame of a stream. */
const SYN = 1

interface Decoder {
  /** Of a frame that has not come in full. */
  readonly buffer: { readonly byteLength: number }
  emitFrames(bytes: Uint8Array): Iterable<{ readonly header: { readonly flag: number } }>
}

export function boundedYamux(limits: NetworkLimits): () => StreamMuxerFactory {
  const create = yamux({
    maxInboundStreams: limits.inboundStreamsMax,
    maxOutboundStreams: limits.inboundStreamsMax,
    // The connection monitor finds dead connections.
    enableKeepAlive: false,
    streamOptions: {
      initialStreamWindowSize: WINDOW_BYTES,
      maxStreamWindowSize: WINDOW_BYTES,
      maxReadBufferLength: limits.readBufferBytesMax,
      maxWriteBufferLength: limits.sendQueueBytesMax,
    },
  })
  return () => {
    const factory = create()
    const { protocol } = factory
    return { protocol, createStreamMuxer: (connection) => bounded(factory.createStreamMuxer(connection), limits) }
  }
}

/** What its decoder throws ends the connection. */
function bounded(muxer: StreamMuxer, { answeredFramesPerSecond }: NetworkLimits): StreamMuxer {
  const decoder = decoderOf(muxer)
  const emitFrames = decoder.emitFrames.bind(decoder)
  const answered = new TokenBucket(answeredFramesPerSecond, performance.now())
  decoder.emitFrames = function* (bytes) {
    for (const frame of emitFrames(bytes)) {
      if ((frame.header.flag & SYN) !== 0 && !answered.spend(1, performance.now()))
        throw new Error(`more than ${answeredFramesPerSecond} frames a second that have to be answered`)
      yield frame
    }
    if (decoder.buffer.byteLength > HEADER_BYTES + WINDOW_BYTES)
      throw new Error('a frame that declares more than a stream may carry')
  }
  return muxer
}

/** Its types keep it private, and there is no option. */
function decoderOf(muxer: StreamMuxer): Decoder {
  const decoder: unknown = 'decoder' in muxer ? muxer.decoder : undefined
  invariant(isDecoder(decoder), 'a muxer is one of Yamux')
  return decoder
}

function isDecoder(value: unknown): value is Decoder {
  return typeof value === 'object' && value !== null && 'emitFrames' in value && 'buffer' in value
}
