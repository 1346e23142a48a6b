/** A supervisor with one fake replica, to be killed by a test. Arguments: data directory, command. */
import { Supervisor } from '../../../src/cli/supervision/supervisor.ts'
import { planOf } from './fake-plan.ts'

const [dataDir = ''] = process.argv.slice(2)
const nothing = () => undefined
new Supervisor([planOf(0, dataDir)], { died: nothing, returned: nothing, changed: nothing }).startAll()
