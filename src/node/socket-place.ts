/**
 * Where a process that is found by its directory listens for those who operate it. The path of a
 * Unix socket has room for about a hundred bytes only (`sun_path`, unix(7)): for a directory that
 * lies deeper, the socket lies in a short one of its own, and the directory says where.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'

/** 104 on macOS and the BSDs, 108 on Linux, with the zero at its end. */
const PATH_BYTES_MAX = 103
/** Of a directory that others cannot have made before: `mkdtemp` gives it a random name and to its owner only. */
const ELSEWHERE = 'tertia-'

export class SocketPlace {
  readonly #inside: string
  readonly #pointer: string

  /** @param name of the socket: 'admin'. */
  constructor(directory: string, name: string) {
    this.#inside = join(directory, `${name}.sock`)
    this.#pointer = join(directory, `${name}.path`)
  }

  /** For who listens, and is the only one in its directory. */
  claim(): string {
    this.release()
    if (Buffer.byteLength(this.#inside) <= PATH_BYTES_MAX) return this.#inside
    const path = join(mkdtempSync(join(tmpdir(), ELSEWHERE)), 'socket')
    writeFileSync(this.#pointer, path)
    return path
  }

  /** Removes what was claimed, also by a process that was killed. */
  release(): void {
    const elsewhere = this.#elsewhere()
    // Only what `claim` can have made here is removed.
    if (elsewhere?.startsWith(join(tmpdir(), ELSEWHERE)) === true)
      rmSync(dirname(elsewhere), { recursive: true, force: true })
    rmSync(this.#pointer, { force: true })
    rmSync(this.#inside, { force: true })
  }

  /** For who asks. Undefined: nobody listens. */
  find(): string | undefined {
    return this.#elsewhere() ?? (existsSync(this.#inside) ? this.#inside : undefined)
  }

  /** Only a path that `claim` can have written, be the temporary directory of who listens another than here. */
  #elsewhere(): string | undefined {
    if (!existsSync(this.#pointer)) return undefined
    const path = readFileSync(this.#pointer, 'utf8')
    return isAbsolute(path) && path.endsWith('/socket') && !path.includes('..') && isDirectoryMade(path)
      ? path
      : undefined
  }
}

function isDirectoryMade(socket: string): boolean {
  return basename(dirname(socket)).startsWith(ELSEWHERE)
}

export function adminSocket(dataDir: string): SocketPlace {
  return new SocketPlace(dataDir, 'admin')
}
