// Dead code and dead dependencies. A `!` marks what the product itself needs: in production mode only that
// counts, so that an export which nothing but a test uses is found as well, unless it says so: `@internal`.
export default {
  entry: [
    'src/cli/main.ts!',
    // The devnet starts it by its path.
    'src/devnet/main.ts!',
    'src/**/*-worker.ts!',
    // What package.json exports, by its source.
    'src/ledger/module.ts!',
    'src/client/client.ts!',
    // The simulator, the benchmark and the demo are for users, too.
    'scripts/{bench,sim}/*.ts!',
    // Programs that tests start.
    'test/unit/storage/journal-writer.ts',
  ],
  project: ['src/**/*.ts!', 'bin/*.js!', 'scripts/{bench,demo,sim}/*.ts!', 'scripts/**/*.{ts,js}', 'test/**/*.ts'],
  // Of the system that a campaign runs on; it says so when they are missing.
  ignoreBinaries: ['truncate', 'mkfs.ext4', 'mount', 'umount'],
  // The types of an exported function's parameters are exported for the sake of its callers.
  ignoreExportsUsedInFile: { interface: true, type: true },
}
