/** Which validators signed: bit i of byte ⌊i/8⌋ (least significant first) is validator i. */
import { invariant } from '../base/invariant.ts'

export type SignerBitmap = Uint8Array

function bitmapWidthBytes(n: number): number {
  return Math.ceil(n / 8)
}

export function bitmapOf(signers: readonly number[], n: number): SignerBitmap {
  const bitmap = new Uint8Array(bitmapWidthBytes(n))
  for (const signer of signers) {
    invariant(signer >= 0 && signer < n, 'a signer is a member of the set')
    bitmap[signer >> 3] = (bitmap[signer >> 3] as number) | (1 << (signer & 7))
  }
  return bitmap
}

/** Ascending. Bits at or above n are included: `isBitmapFor` refuses such a bitmap. */
export function signersOf(bitmap: SignerBitmap): number[] {
  const signers: number[] = []
  for (const [position, byte] of bitmap.entries())
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) signers.push(position * 8 + bit)
  return signers
}

/** Whether the bitmap has the width of a set of n and no bit beyond it. */
export function isBitmapFor(bitmap: SignerBitmap, n: number): boolean {
  return bitmap.length === bitmapWidthBytes(n) && (signersOf(bitmap).at(-1) ?? 0) < n
}
