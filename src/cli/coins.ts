/** Amounts as people write them: coins of 10^18 wei. */
const DECIMALS = 18
const WEI_PER_COIN = 10n ** 18n
const AMOUNT = /^(\d+)(?:\.(\d{1,18}))?$/

/** Wei; undefined for text that is no amount. */
export function parseCoins(text: string): bigint | undefined {
  const match = AMOUNT.exec(text)
  if (match === null) return undefined
  const [, whole = '0', fraction = ''] = match
  return BigInt(whole) * WEI_PER_COIN + BigInt(fraction.padEnd(DECIMALS, '0'))
}

export function formatCoins(wei: bigint): string {
  const fraction = (wei % WEI_PER_COIN).toString().padStart(DECIMALS, '0').replace(/0+$/, '')
  const whole = (wei / WEI_PER_COIN).toString()
  return fraction === '' ? whole : `${whole}.${fraction}`
}
