#!/usr/bin/env node
// Starts the CLI. In a checkout it first brings dist/ up to date; an installed package has no src/.
import { existsSync } from 'node:fs'

const here = (/** @type {string} */ path) => new URL(`../${path}`, import.meta.url)

if (existsSync(here('src'))) {
  const { buildIfStale } = await import('../scripts/build.js')
  await buildIfStale()
}
const main = here('dist/cli/main.js')
if (existsSync(main)) await import(main.href)
else {
  console.error('tertia: dist/cli/main.js is missing; run "npm run build" in a checkout, or install the package again')
  process.exitCode = 1
}
