/**
 * Who belongs to the next set (docs/ledger.md, "Governance"): what is decided, in its order, as far as the
 * bound of an epoch, the candidates that are ready and the smallest set allow. The rest waits.
 *
 * A change ends the epoch, so what one block does is what one epoch does. What has become due in a block
 * stays due, whatever its later transactions decide: their receipts say so already.
 */
import { EMPTY_BYTES } from '../../../base/bytes.ts'
import { defined } from '../../../base/invariant.ts'
import { isPlanted } from '../../../base/planted-bug.ts'
import { addressOfPublicKey } from '../../../crypto/secp256k1.ts'
import { faultsTolerated } from '../../../types/fault-model.ts'
import { type Address, type Height, ZERO_HASH } from '../../../types/ids.ts'
import type { GovernanceRules } from '../../governance-rules.ts'
import type { WordReader, Words } from '../../storage-words.ts'
import { readCandidates, writeCandidates } from '../../system/candidate-queue.ts'
import { mayChangeKeys, writeKeyChange } from '../../system/key-changes.ts'
import { readParameters } from '../../system/parameters.ts'
import {
  type ChangeKind,
  isEntry,
  isRemoval,
  type PendingChange,
  readChanges,
  writeChanges,
} from '../../system/pending-changes.ts'
import {
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
  const { due, waiting } = readChanges(words)
  const plan = new Plan(words, governance, height, due)
  for (const change of waiting) plan.take(change)
  plan.grow()
  if (plan.waiting.length < waiting.length || plan.added.length > 0)
    writeChanges(words, { due: [...due, ...plan.added], waiting: plan.waiting })
  return plan.added
}

class Plan {
  /** To what is due. */
  readonly added: PendingChange[] = []
  readonly waiting: PendingChange[] = []
  readonly #words: WordReader
  readonly #governance: GovernanceRules
  readonly #height: Height
  readonly #due: readonly PendingChange[]
  readonly #target: number
  /** Changes that the epoch still has room for. */
  #room: number
  #size: number

  constructor(words: WordReader, governance: GovernanceRules, height: Height, due: readonly PendingChange[]) {
    this.#words = words
    this.#governance = governance
    this.#height = height
    this.#due = due
    this.#target = readParameters(words).targetValidators
    const { length } = readValidators(words)
    this.#room = Math.max(1, faultsTolerated(length, governance.faultModel))
    this.#size = length
    for (const change of due) this.#count(change)
  }

  take(change: PendingChange): void {
    if (change.kind === 'parameter') {
      this.#add(change)
      return
    }
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
      this.#add(changeOf('add', candidate))
    }
  }

  #rotate(change: PendingChange): void {
    const isAllowed = this.#room > 0 && this.#mayChangeKeys()
    if (isAllowed || (__CANARIES__ && isPlanted('rotations-unlimited'))) this.#add(change)
    else this.waiting.push(change)
  }

  /** With keys that change anyway it ends no further epoch. */
  #mayChangeKeys(): boolean {
    const doKeysChange = [...this.#due, ...this.added].some(({ kind }) => kind === 'rotate')
    return doKeysChange || mayChangeKeys(this.#words, this.#governance, this.#height)
  }

  #remove(change: PendingChange): void {
    const hasNoRoom = change.kind === 'remove' && this.#room === 0
    const replacement = this.#size - 1 < this.#target ? this.#firstReady() : undefined
    const minimum = __CANARIES__ && isPlanted('shrinks-below-minimum') ? 1 : this.#governance.minValidators
    const leavesTooFew = replacement === undefined && this.#size - 1 < minimum
    // Who enters with this block can go with the next.
    if (hasNoRoom || leavesTooFew || this.#isEntering(change.subject)) {
      this.waiting.push(change)
      return
    }
    this.#add(change)
    if (replacement !== undefined) this.#add(changeOf('replace', replacement))
  }

  #add(change: PendingChange): void {
    this.added.push(change)
    this.#count(change)
  }

  #count({ kind }: PendingChange): void {
    if (kind === 'remove' || kind === 'rotate' || kind === 'add') this.#room -= 1
    if (kind === 'remove' || kind === 'convict') this.#size -= 1
    if (kind === 'add' || kind === 'replace') this.#size += 1
  }

  #firstReady(): Address | undefined {
    return readCandidates(this.#words).find((id) => {
      const record = readValidatorRecord(this.#words, id)
      return this.#standingOf(id, record) === 'candidate' && isReady(record, this.#governance, this.#height)
    })
  }

  /** With all that is due. */
  #standingOf(id: Address, record = readValidatorRecord(this.#words, id)): Standing {
    if (this.#isDue(id, isRemoval)) return 'removed'
    if (this.#isEntering(id)) return 'validator'
    return record?.standing ?? 'removed'
  }

  #isEntering(id: Address): boolean {
    return this.#isDue(id, isEntry)
  }

  #isDue(id: Address, isSuch: (change: PendingChange) => boolean): boolean {
    return [...this.#due, ...this.added].some((change) => change.subject === id && isSuch(change))
  }
}

function changeOf(kind: ChangeKind, subject: Address): PendingChange {
  return { kind, subject, key: ZERO_HASH, value: EMPTY_BYTES }
}

function isReady(record: ValidatorRecord | undefined, { readyBlocksMax }: GovernanceRules, height: Height): boolean {
  if (record === undefined || record.jailed || record.readyAt === 0) return false
  return height - record.readyAt <= readyBlocksMax
}

/** At the end of a block: what is due happens, and whose removal has to wait leads no longer. */
export function applyChanges(words: Words, height: Height): void {
  const { due, waiting } = readChanges(words)
  if (due.length + waiting.length === 0) return
  for (const change of due) apply(words, change)
  if (due.some(({ kind }) => kind === 'rotate')) writeKeyChange(words, height)
  for (const { subject } of waiting.filter(isRemoval)) update(words, subject, { leads: false })
  const entered = due.filter(isEntry).map(({ subject }) => subject)
  writeSet(words, [...readValidators(words).map(({ address }) => address), ...entered])
  const queue = readCandidates(words)
  const left = queue.filter((id) => recordOf(words, id).standing === 'candidate')
  if (left.length < queue.length) writeCandidates(words, left)
  writeChanges(words, { due: [], waiting })
}

function apply(words: Words, { kind, subject, key, value }: PendingChange): void {
  switch (kind) {
    case 'remove':
    case 'convict':
    case 'withdraw':
      update(words, subject, { standing: 'removed', leads: false })
      break
    case 'add':
    case 'replace':
      update(words, subject, { standing: 'validator', leads: true })
      break
    case 'rotate':
      update(words, subject, { consensusKey: value, signer: addressOfPublicKey(value) })
      break
    case 'parameter':
      applySetting(words, defined(settingOf(key, value), 'a setting that was voted on'))
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
