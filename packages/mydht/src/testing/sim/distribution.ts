/**
 * @module testing/sim/distribution
 * Distributions as plain data, so that a scenario file can state them, and how to draw from them. Not here: what is drawn (latency, sessions).
 */
import type { Random } from '../../random.ts'

/**
 * How a number is spread. `log-normal`: half lie below `median`; `sigma` is the spread of the logarithm. `exponential`: sessions that age does not
 * end. `weibull`: with `shape` below 1, those that have lasted last on, as measured in public networks (Stutzbach and Rejaie 2006).
 */
export type Distribution =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'log-normal'; readonly median: number; readonly sigma: number }
  | { readonly kind: 'exponential'; readonly median: number }
  | { readonly kind: 'weibull'; readonly median: number; readonly shape: number }

/** One number of the distribution. */
export function draw(distribution: Distribution, random: Random): number {
  switch (distribution.kind) {
    case 'constant':
      return distribution.value
    case 'uniform':
      return distribution.from + (distribution.to - distribution.from) * fraction(random)
    case 'log-normal':
      return distribution.median * Math.exp(distribution.sigma * normal(random))
    case 'exponential':
      return (distribution.median / Math.LN2) * -Math.log(1 - fraction(random))
    case 'weibull': {
      const scale = distribution.median / Math.LN2 ** (1 / distribution.shape)
      return scale * (-Math.log(1 - fraction(random))) ** (1 / distribution.shape)
    }
  }
}

/** Evenly from 0 up to, not including, 1, in steps of 2^-32. */
export function fraction(random: Random): number {
  return random.below(0x1_0000_0000) / 0x1_0000_0000
}

/** Of mean 0 and deviation 1: Box and Muller 1958. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - fraction(random))) * Math.cos(2 * Math.PI * fraction(random))
}

/** A distribution of this kind with numbers that make sense. Throws TypeError that begins with `name`. */
export function checkDistribution(name: string, distribution: Distribution): Distribution {
  const { kind, ...numbers } = distribution
  for (const [field, value] of Object.entries(numbers)) {
    if (typeof value !== 'number' || !(value >= 0 && value < Infinity))
      throw new TypeError(`${name}.${field}: got ${String(value)}, give a number from 0`)
  }
  if (!kinds.has(kind)) throw new TypeError(`${name}.kind: got '${String(kind)}', give one of ${[...kinds].join(', ')}`)
  if (kind === 'weibull' && !(distribution.shape > 0)) throw new TypeError(`${name}.shape must be above 0`)
  return distribution
}

const kinds: ReadonlySet<string> = new Set<Distribution['kind']>([
  'constant',
  'uniform',
  'log-normal',
  'exponential',
  'weibull',
])
