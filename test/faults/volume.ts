/**
 * A file system of its own for the durable files of one replica, so that its power can be cut and
 * its disk filled without touching anybody else's. Linux, as root.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a replica must not lose; logs and locks stay outside. */
const DURABLE = ['journal', 'state', 'keys']
const FILLER = 'filler'
const MEBIBYTE = 1024 * 1024
const BLOCK = 4096
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what was not synced is gone (Linux, fs/ext4/ioctl.c). */
const CUT_POWER = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))`

/** Why volumes cannot be made here; undefined when they can. */
export function whyNoVolumes(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root'
  for (const [program, ...args] of [
    ['mkfs.ext4', '-V'],
    ['losetup', '--version'],
    ['python3', '--version'],
  ] as const)
    try {
      execFileSync(program, args, { stdio: 'ignore' })
    } catch {
      return `${program} is not installed`
    }
  return undefined
}

export class Volume {
  readonly #image: string
  readonly #mountPoint: string
  #isMounted = false

  /** Moves the durable files of the node in `nodeDir`, which is not running, to a new file system of `megabytes`. */
  constructor(place: string, nodeDir: string, megabytes: number) {
    mkdirSync(place, { recursive: true })
    this.#image = join(place, 'image')
    this.#mountPoint = join(place, 'mounted')
    mkdirSync(this.#mountPoint)
    execFileSync('truncate', ['--size', `${megabytes}M`, this.#image])
    execFileSync('mkfs.ext4', ['-q', '-m', '0', this.#image])
    this.mount()
    for (const name of DURABLE) {
      cpSync(join(nodeDir, name), join(this.#mountPoint, name), { recursive: true, preserveTimestamps: true })
      rmSync(join(nodeDir, name), { recursive: true })
      symlinkSync(join(this.#mountPoint, name), join(nodeDir, name))
    }
    execFileSync('sync', ['--file-system', this.#mountPoint])
  }

  mount(): void {
    execFileSync('mount', ['-o', 'loop', this.#image, this.#mountPoint])
    this.#isMounted = true
  }

  /** From here on nothing reaches the disk, and what did not reach it before is lost. */
  cutPower(): void {
    execFileSync('python3', ['-c', CUT_POWER, this.#mountPoint])
  }

  /** Nothing may have files open there. */
  unmount(): void {
    if (this.#isMounted) execFileSync('umount', [this.#mountPoint])
    this.#isMounted = false
  }

  /** Leaves no block free. */
  fill(): void {
    for (const size of [MEBIBYTE, BLOCK])
      try {
        for (;;) writeFileSync(join(this.#mountPoint, FILLER), Buffer.alloc(size), { flag: 'a', flush: true })
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      }
  }

  empty(): void {
    rmSync(join(this.#mountPoint, FILLER))
  }
}
