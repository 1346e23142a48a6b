import { defineModule, numberFrom, parseAbi, storageKey, wordFrom } from '../../../src/ledger/module.ts'

export default defineModule({
  name: 'counter',
  address: '0x0000000000000000000000000000000000002001',
  abi: parseAbi([
    'function add(uint32 amount)',
    'function total(address owner) view returns (uint256)',
    'event Added(address indexed owner, uint32 amount)',
    'error NothingToAdd()',
  ]),
  call: {
    add(context, [amount]) {
      if (amount === 0) context.revert('NothingToAdd', [])
      const key = storageKey(context.sender)
      context.storage.set(key, wordFrom(numberFrom(context.storage.get(key)) + BigInt(amount)))
      context.emit('Added', [context.sender, amount])
    },
  },
  view: {
    total: (context, [owner]) => numberFrom(context.storage.get(storageKey(owner))),
  },
})
