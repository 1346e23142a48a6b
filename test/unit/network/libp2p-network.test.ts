import { Libp2pWorld } from './libp2p-world.ts'
import { networkSuite } from './network-suite.ts'

networkSuite('libp2p keeps the promises of the network port', () => new Libp2pWorld())
