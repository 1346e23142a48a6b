/** Makes a failing Twins scenario smaller for as long as it fails in the same way: fewer views, then views in which all hear all. */
import type { TwinScenario } from './twin-scenario.ts'

export function shrinkTwins(scenario: TwinScenario, fails: (candidate: TwinScenario) => boolean): TwinScenario {
  let smallest = scenario
  const attempt = (views: TwinScenario['views']): boolean => {
    const candidate = { ...smallest, views }
    if (!fails(candidate)) return false
    smallest = candidate
    return true
  }
  while (smallest.views.length > 0 && attempt(smallest.views.slice(0, -1)));
  for (let index = 0; index < smallest.views.length; index++)
    attempt(smallest.views.map((view, at) => (at === index ? { ...view, parts: view.parts.map(() => 1) } : view)))
  return smallest
}
