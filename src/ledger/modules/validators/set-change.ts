/**
 * Who belongs to the next set (docs/ledger.md, "Governance"): what is decided, in its order, as far as the
 * bound of an epoch, the candidates that are ready and the smallest set allow. The rest waits.
 *
 * A change ends the epoch, so what one block does is what one epoch does. What has become due in a block
 * stays due, whatever its later transactions decide: their receipts say so already.
 */
import { defined } from '../../../base/invariant.ts'
import { isPlanted } from '../../../base/planted-bug.ts'
import { addressOfPublicKey } from '../../../crypto/secp256k1.ts'
import { faultsTolerated } from '../../../types/fault-model.ts'
import type { Address, Height } from '../../../types/ids.ts'
import type { GovernanceRules } from '../../governance-rules.ts'
import type { WordReader, Words } from '../../storage-words.ts'
import { readCandidates, writeCandidates } from '../../system/candidate-queue.ts'
import { takeSettings } from '../../system/decided-settings.ts'
import { mayChangeKeys, writeKeyChange } from '../../system/key-changes.ts'
import { readParameters } from '../../system/parameters.ts'
import {
  clearNewKey,
  isEntry,
  isRemoval,
  type PendingChange,
  readDue,
  readNewKey,
  readWaiting,
  writeDue,
  writeWaiting,
} from '../../system/pending-changes.ts'
import {
  readStatus,
  readValidatorRecord,
  readValidators,
  type Standing,
  type ValidatorRecord,
  writeValidatorRecord,
  writeValidators,
} from '../../system/validator-records.ts'
import { applySetting, settingOf } from './parameters.ts'

/** What becomes due at this height of all that waits; in the order in which it will happen. */
export function makeDue(words: Words, governance: GovernanceRules, height: Height): readonly PendingChange[] {
  const due = readDue(words)
  const waiting = readWaiting(words)
  const plan = new Plan(words, governance, height, due)
  for (const change of waiting) plan.take(change)
  plan.grow()
  if (plan.waiting.length < waiting.length) writeWaiting(words, plan.waiting)
  if (plan.added.length > 0) writeDue(words, [...due, ...plan.added])
  return plan.added
}

class Plan {
  /** To what is due. */
  readonly added: PendingChange[] = []
  readonly waiting: PendingChange[] = []
  readonly #words: WordReader
  readonly #governance: GovernanceRules
  readonly #height: Height
  readonly #target: number
  /** By what is due. */
  readonly #going = new Set<Address>()
  readonly #entering = new Set<Address>()
  /** Changes that the epoch still has room for. */
  #room: number
  #size: number
  /** Keys that change anyway end no further epoch. */
  #mayChangeKeys: boolean | undefined
  #ready: readonly Address[] | undefined

  constructor(words: WordReader, governance: GovernanceRules, height: Height, due: readonly PendingChange[]) {
    this.#words = words
    this.#governance = governance
    this.#height = height
    this.#target = readParameters(words).targetValidators
    const { length } = readValidators(words)
    this.#room = Math.max(1, faultsTolerated(length, governance.faultModel))
    this.#size = length
    if (due.some(({ kind }) => kind === 'rotate')) this.#mayChangeKeys = true
    for (const change of due) this.#count(change)
  }

  take(change: PendingChange): void {
    const standing = this.#standingOf(change.subject)
    if (standing === 'removed') return
    if (change.kind === 'rotate') this.#rotate(change)
    else if (standing === 'candidate') this.#add({ ...change, kind: 'withdraw' })
    else this.#remove(change)
  }

  grow(): void {
    while (this.#room > 0 && this.#size < this.#target) {
      const candidate = this.#firstReady()
      if (candidate === undefined) return
      this.#add({ kind: 'add', subject: candidate })
    }
  }

  #rotate(change: PendingChange): void {
    this.#mayChangeKeys ??= mayChangeKeys(this.#words, this.#governance, this.#height)
    const isAllowed = this.#room > 0 && this.#mayChangeKeys
    if (isAllowed || (__CANARIES__ && isPlanted('rotations-unlimited'))) this.#add(change)
    else this.waiting.push(change)
  }

  #remove(change: PendingChange): void {
    const hasNoRoom = change.kind === 'remove' && this.#room === 0
    const replacement = this.#size - 1 < this.#target ? this.#firstReady() : undefined
    const minimum = __CANARIES__ && isPlanted('shrinks-below-minimum') ? 1 : this.#governance.minValidators
    const leavesTooFew = replacement === undefined && this.#size - 1 < minimum
    // Who enters with this block can go with the next.
    if (hasNoRoom || leavesTooFew || this.#entering.has(change.subject)) {
      this.waiting.push(change)
      return
    }
    this.#add(change)
    if (replacement !== undefined) this.#add({ kind: 'replace', subject: replacement })
  }

  #add(change: PendingChange): void {
    this.added.push(change)
    this.#count(change)
  }

  #count(change: PendingChange): void {
    const { kind, subject } = change
    if (kind === 'remove' || kind === 'rotate' || kind === 'add') this.#room -= 1
    if (kind === 'remove' || kind === 'convict') this.#size -= 1
    if (isEntry(change)) this.#size += 1
    if (isEntry(change)) this.#entering.add(subject)
    if (isRemoval(change)) this.#going.add(subject)
  }

  #firstReady(): Address | undefined {
    this.#ready ??= readCandidates(this.#words).filter((id) => this.#isReady(id))
    return this.#ready.find((id) => this.#standingOf(id) === 'candidate')
  }

  #isReady(id: Address): boolean {
    const status = readStatus(this.#words, id)
    if (status === undefined || status.jailed || status.readyAt === 0) return false
    return this.#height - status.readyAt <= this.#governance.readyBlocksMax
  }

  /** With all that is due. */
  #standingOf(id: Address): Standing {
    if (this.#going.has(id)) return 'removed'
    if (this.#entering.has(id)) return 'validator'
    return readStatus(this.#words, id)?.standing ?? 'removed'
  }
}

/** At the end of a block: what is due happens, and whose removal has to wait leads no longer. */
export function applyChanges(words: Words, height: Height): void {
  for (const { key, value } of takeSettings(words))
    applySetting(words, defined(settingOf(key, value), 'a setting that was voted on'))
  const due = readDue(words)
  const removals = readWaiting(words).filter(isRemoval)
  if (due.length + removals.length === 0) return
  for (const change of due) apply(words, change)
  if (due.some(({ kind }) => kind === 'rotate')) writeKeyChange(words, height)
  const entered = due.filter(isEntry).map(({ subject }) => ({ address: subject, leads: true }))
  const members = [...readValidators(words), ...entered]
  const silenced = removals.filter(({ subject }) => members.some(({ address, leads }) => address === subject && leads))
  for (const { subject } of silenced) update(words, subject, { leads: false })
  if (due.length + silenced.length === 0) return
  writeSet(
    words,
    members.map(({ address }) => address),
  )
  if (due.length > 0) writeDue(words, [])
  const queue = readCandidates(words)
  const left = queue.filter((id) => readStatus(words, id)?.standing === 'candidate')
  if (left.length < queue.length) writeCandidates(words, left)
}

function apply(words: Words, { kind, subject }: PendingChange): void {
  switch (kind) {
    case 'remove':
    case 'convict':
    case 'withdraw':
      update(words, subject, { standing: 'removed', leads: false })
      clearNewKey(words, subject)
      break
    case 'add':
    case 'replace':
      update(words, subject, { standing: 'validator', leads: true })
      break
    case 'rotate': {
      const key = readNewKey(words, subject)
      update(words, subject, { consensusKey: key, signer: addressOfPublicKey(key) })
      clearNewKey(words, subject)
    }
  }
}

function writeSet(words: Words, ids: readonly Address[]): void {
  const records = ids.map((id) => recordOf(words, id)).filter(({ standing }) => standing === 'validator')
  const members = records.map(({ address, consensusKey, leads }) => ({ address, consensusKey, leads }))
  writeValidators(
    words,
    members.sort((a, b) => (a.address < b.address ? -1 : 1)),
  )
}

function update(words: Words, id: Address, changes: Partial<ValidatorRecord>): void {
  writeValidatorRecord(words, { ...recordOf(words, id), ...changes })
}

function recordOf(words: WordReader, id: Address): ValidatorRecord {
  return defined(readValidatorRecord(words, id), `the record of ${id}`)
}
