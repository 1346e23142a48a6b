/**
 * Nodes and their bytes: Ethereum Yellow Paper, appendix D.
 *
 * Encoding does not go through the general RLP writer: it is what a block's root costs besides
 * keccak, so nodes are written into one reused buffer and hashed where they lie.
 */
import { DecodeError } from '../codec/decode-error.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { unpackPath } from './nibbles.ts'
import {
  Branch,
  type Child,
  Extension,
  HASH_BYTES,
  Leaf,
  type Node,
  noChildren,
  type Reference,
  Unloaded,
} from './node.ts'

const STRING = 0x80
const LIST = 0xc0
const SHORT_LENGTH_MAX = 55
/** Room before the payload for the list header: a prefix and at most four bytes of length. */
const HEADER_BYTES_MAX = 5
const LEAF_FLAG = 0x20
const ODD_FLAG = 0x10

/** Grows to the largest node ever written. Written and read within one synchronous call. */
let buffer = new Uint8Array(4096)

/** How the parent names this node; computed for the nodes below that have none yet, then kept. */
export function referenceOf(node: Node): Reference {
  if (node.reference === undefined) {
    const encoding = written(node)
    node.reference = encoding.length < HASH_BYTES ? encoding.slice() : keccak256(encoding)
  }
  return node.reference
}

/** The root is named by its hash however short it is. */
export function rootHashOf(node: Node): Uint8Array {
  const reference = referenceOf(node)
  return reference.length < HASH_BYTES ? keccak256(reference) : reference
}

/** The caller may keep it and does not write to it. */
export function encodeNode(node: Node): Uint8Array {
  return node.kind === 'branch' ? written(node) : written(node).slice()
}

/** Of a leaf or an extension: a view of `buffer`, valid until the next node is written. */
function written(node: Node): Uint8Array {
  switch (node.kind) {
    case 'leaf': {
      reserve(node.path.length + node.value.length)
      return asList(writeString(node.value, writePath(node.path, LEAF_FLAG)))
    }
    case 'extension': {
      const child = childReference(node.child)
      reserve(node.path.length)
      return asList(writeReference(child, writePath(node.path, 0)))
    }
    case 'branch': {
      node.encoding ??= patchedBranch(node) ?? writtenBranch(node).slice()
      node.outdated = undefined
      return node.encoding
    }
  }
}

/**
 * The encoding of the version before with the hashes of changed children exchanged, so that the
 * other children, which are scattered over memory, need not be visited. Undefined where a
 * changed child is or was not named by a hash.
 */
function patchedBranch({ outdated, changed, children }: Branch): Uint8Array | undefined {
  if (outdated === undefined) return undefined
  const encoding = outdated.slice()
  const prefix = outdated[0] as number
  let at = prefix <= LIST + SHORT_LENGTH_MAX ? 1 : 1 + prefix - LIST - SHORT_LENGTH_MAX
  for (let nibble = 0; nibble < 16; nibble++) {
    const first = outdated[at] as number
    if ((changed & (1 << nibble)) !== 0) {
      const child = children[nibble]
      if (child === undefined || first !== STRING + HASH_BYTES) return undefined
      const reference = childReference(child)
      if (reference.length !== HASH_BYTES) return undefined
      encoding.set(reference, at + 1)
    }
    // Empty and hashed children are strings, inline ones are short lists.
    at += 1 + (first < LIST ? first - STRING : first - LIST)
  }
  return encoding
}

function writtenBranch({ children, value }: Branch): Uint8Array {
  // All of them first: writing a child uses the buffer too.
  for (const child of children) if (child !== undefined) childReference(child)
  reserve(value === undefined ? 0 : value.length)
  let at = HEADER_BYTES_MAX
  for (const child of children) {
    if (child === undefined) buffer[at++] = STRING
    else at = writeReference(childReference(child), at)
  }
  if (value !== undefined) return asList(writeString(value, at))
  buffer[at] = STRING
  return asList(at + 1)
}

function childReference(child: Child): Reference {
  return child.reference ?? referenceOf(child as Node)
}

/** Room for a branch of sixteen hashes, or a path and its headers, with `bytes` more. */
function reserve(bytes: number): void {
  if (buffer.length < bytes + 1024) buffer = new Uint8Array(2 * bytes + 1024)
}

/** Hex-prefix encoding as an RLP string, at the start of the payload. */
function writePath(path: Uint8Array, flag: number): number {
  const length = (path.length >> 1) + 1
  // A single byte is below 0x80 and so its own encoding.
  let at = length === 1 ? HEADER_BYTES_MAX : writeHeader(STRING, length, HEADER_BYTES_MAX)
  let from = path.length & 1
  buffer[at++] = from === 1 ? flag | ODD_FLAG | (path[0] as number) : flag
  for (; from < path.length; from += 2) {
    buffer[at++] = ((path[from] as number) << 4) | (path[from + 1] as number)
  }
  return at
}

function writeReference(reference: Reference, at: number): number {
  if (reference.length === HASH_BYTES) buffer[at++] = STRING + HASH_BYTES
  buffer.set(reference, at)
  return at + reference.length
}

function writeString(bytes: Uint8Array, at: number): number {
  const isItsOwnEncoding = bytes.length === 1 && (bytes[0] as number) < STRING
  const start = isItsOwnEncoding ? at : writeHeader(STRING, bytes.length, at)
  buffer.set(bytes, start)
  return start + bytes.length
}

function writeHeader(kind: number, length: number, at: number): number {
  if (length <= SHORT_LENGTH_MAX) {
    buffer[at] = kind + length
    return at + 1
  }
  const lengthBytes = (39 - Math.clz32(length)) >>> 3
  buffer[at++] = kind + SHORT_LENGTH_MAX + lengthBytes
  for (let shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8) buffer[at++] = length >>> shift
  return at
}

/** Puts the header right before the payload that ends at `end`. */
function asList(end: number): Uint8Array {
  const length = end - HEADER_BYTES_MAX
  const headerBytes = length <= SHORT_LENGTH_MAX ? 1 : 1 + ((39 - Math.clz32(length)) >>> 3)
  const start = HEADER_BYTES_MAX - headerBytes
  writeHeader(LIST, length, start)
  return buffer.subarray(start, end)
}

/** Undefined for bytes that encode no node. The node shares no memory with `encoding`. */
export function decodeNode(encoding: Uint8Array): Node | undefined {
  try {
    return toNode(decodeRlp(encoding))
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function toNode(item: RlpItem): Node | undefined {
  if (item instanceof Uint8Array) return undefined
  return item.length === 17 ? toBranch(item) : item.length === 2 ? toShort(item) : undefined
}

function toBranch(items: readonly RlpItem[]): Branch | undefined {
  const children = noChildren()
  for (let i = 0; i < 16; i++) {
    const item = items[i] as RlpItem
    if (item instanceof Uint8Array && item.length === 0) continue
    const child = toChild(item)
    if (child === undefined) return undefined
    children[i] = child
  }
  const value = items[16]
  if (!(value instanceof Uint8Array)) return undefined
  return new Branch(children, value.length === 0 ? undefined : value.slice())
}

function toShort(items: readonly RlpItem[]): Leaf | Extension | undefined {
  const [packed, rest] = items
  if (!(packed instanceof Uint8Array) || rest === undefined) return undefined
  const unpacked = unpackPath(packed)
  if (unpacked === undefined) return undefined
  if (unpacked.terminal) {
    return rest instanceof Uint8Array && rest.length > 0 ? new Leaf(unpacked.path, rest.slice()) : undefined
  }
  const child = toChild(rest)
  if (child === undefined || unpacked.path.length === 0) return undefined
  return child.kind === 'branch' || child.kind === 'unloaded' ? new Extension(unpacked.path, child) : undefined
}

function toChild(item: RlpItem): Child | undefined {
  if (item instanceof Uint8Array) return item.length === HASH_BYTES ? new Unloaded(item.slice()) : undefined
  const encoding = encodeRlp(item)
  const node = encoding.length < HASH_BYTES ? toNode(item) : undefined
  if (node !== undefined) node.reference = encoding
  return node
}
