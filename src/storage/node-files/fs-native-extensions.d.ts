declare module 'fs-native-extensions' {
  /** Whether an exclusive lock on the whole file is now held by this descriptor. */
  export function tryLock(fd: number): boolean
}
