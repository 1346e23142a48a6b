/** What the operating system says to a failed call, for the middle of a sentence. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EEXIST', 'it exists already'],
  ['ENOSPC', 'the disk is full'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'it is no directory, or lies in none'],
  ['EROFS', 'the file system is read-only'],
])

export function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // The one above is there, for it was made before.
  if (code === 'ENOENT' && error instanceof Error && 'syscall' in error && error.syscall === 'mkdir')
    return 'no directory can be made there'
  return REASONS.get(code) ?? (error instanceof Error ? error.message : String(error))
}
