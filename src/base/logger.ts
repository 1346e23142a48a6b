/** Where a part tells what it does. The node writes lines, the simulator collects or drops them. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** The same logger with fields that every line carries. */
  child(fields: LogFields): Logger
}

export type LogFields = Readonly<Record<string, string | number | boolean | bigint | null | undefined>>

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
}
