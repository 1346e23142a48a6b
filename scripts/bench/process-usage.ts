/** What a process of this machine has used, from Linux's /proc; elsewhere there are no such figures. */
import { readFileSync } from 'node:fs'

/** USER_HZ: clock ticks in a second, 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100
/** Fields after the command name: state is the first, user and system time the twelfth and thirteenth. */
const USER_TIME = 11

/** User and system time since its start; NaN where it cannot be read. */
export function cpuSeconds(pid: number): number {
  const stat = readProc(pid, 'stat')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) / TICKS_PER_SECOND
}

/** The most memory it ever had resident; NaN where it cannot be read. */
export function peakMebibytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readProc(pid, 'status'))?.[1]) / 1024
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}
