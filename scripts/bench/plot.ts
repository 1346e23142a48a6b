/** Latency over throughput, one line per target, one point per number in flight; both axes logarithmic. */
import type { Phase } from './report.ts'

const WIDTH = 760
const HEIGHT = 460
const MARGIN = { left: 70, right: 24, top: 48, bottom: 56 }
const COLOURS = ['#0b6e4f', '#c1440e', '#5b5f97', '#7a7a7a']

interface Axis {
  readonly low: number
  readonly high: number
  /** Pixels of a value. */
  at(value: number): number
}

export function plotOf(phases: readonly Phase[]): string {
  const x = axis(
    phases.map(({ perSecond }) => perSecond),
    MARGIN.left,
    WIDTH - MARGIN.right,
  )
  const y = axis(
    phases.flatMap(({ p50Ms, p95Ms }) => [p50Ms, p95Ms]),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  )
  const targets = [...new Set(phases.map(({ target }) => target))]
  const lines = targets.flatMap((target, i) =>
    curve(
      phases.filter((phase) => phase.target === target),
      COLOURS[i % COLOURS.length] ?? '#000',
      x,
      y,
    ),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="title">`,
    '<title id="title">Tertia beside others: latency over throughput</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...ticks(x).map((value) => grid(x.at(value), MARGIN.top, x.at(value), HEIGHT - MARGIN.bottom)),
    ...ticks(y).map((value) => grid(MARGIN.left, y.at(value), WIDTH - MARGIN.right, y.at(value))),
    ...ticks(x).map((value) => text(x.at(value), HEIGHT - MARGIN.bottom + 18, String(value), 'middle')),
    ...ticks(y).map((value) => text(MARGIN.left - 8, y.at(value) + 4, String(value), 'end')),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 14, 'committed transactions per second', 'middle'),
    text(
      MARGIN.left - 50,
      MARGIN.top - 12,
      'ms from submitted to final: p50, whisker to p95; numbers in flight at the points',
      'start',
    ),
    ...lines,
    ...targets.map((target, i) =>
      text(MARGIN.left - 50 + i * 210, 18, `● ${target}`, 'start', COLOURS[i % COLOURS.length]),
    ),
    '</svg>\n',
  ].join('\n')
}

function axis(values: readonly number[], from: number, to: number): Axis {
  const low = Math.log10(Math.min(...values) / 1.5)
  const high = Math.log10(Math.max(...values) * 1.5)
  return {
    low: 10 ** low,
    high: 10 ** high,
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  }
}

/** 1, 2 and 5 of each power of ten within the axis. */
function ticks({ low, high }: Axis): number[] {
  const found: number[] = []
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    for (const digit of [1, 2, 5]) found.push(Number((digit * 10 ** power).toPrecision(1)))
  return found.filter((value) => value >= low && value <= high)
}

function curve(phases: readonly Phase[], colour: string, x: Axis, y: Axis): string[] {
  const points = phases.map(({ perSecond, p50Ms }) => `${x.at(perSecond).toFixed(1)},${y.at(p50Ms).toFixed(1)}`)
  return [
    `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...phases.flatMap(({ perSecond, p50Ms, p95Ms, inFlight }) => [
      `<path d="M${x.at(perSecond).toFixed(1)} ${y.at(p50Ms).toFixed(1)}V${y.at(p95Ms).toFixed(1)}" stroke="${colour}"/>`,
      `<circle cx="${x.at(perSecond).toFixed(1)}" cy="${y.at(p50Ms).toFixed(1)}" r="4" fill="${colour}"/>`,
      text(x.at(perSecond) + 7, y.at(p50Ms) + 14, String(inFlight), 'start', colour),
    ]),
  ]
}

function grid(x1: number, y1: number, x2: number, y2: number): string {
  return `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" stroke="#e4e4e4"/>`
}

function text(x: number, y: number, content: string, anchor: string, colour = '#333'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}">${content}</text>`
}
