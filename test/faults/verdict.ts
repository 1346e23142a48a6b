/** How every campaign ends: what it found on the terminal, and the same as its exit code. */

/** `ran` names what was drawn by lot, so that the line says how to see it again. */
export function conclude(faults: readonly string[], ran = ''): never {
  for (const fault of faults) console.log(`FAULT ${fault}`)
  console.log((faults.length === 0 ? 'holds' : `${faults.length} faults`) + ran)
  // A load that was not stopped would go on for ever.
  process.exit(faults.length === 0 ? 0 : 1)
}
