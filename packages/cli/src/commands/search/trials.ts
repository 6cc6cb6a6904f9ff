import { createRandom } from '@gradloom/core';
import type { Halving, SearchConfig } from './config.ts';
import { type Dimension, drawPoint, gridOf, type Point } from './space.ts';

/** A point of the search, trained in one round or several. */
export interface Trial {
  readonly number: number; // from 1
  readonly point: Point;
}

/** The length of the runs of a round, and its number of trials. Without a length, options decide. */
export interface Round {
  readonly number: number; // from 1
  readonly length: { readonly unit: Halving['unit']; readonly count: number } | null;
  readonly count: number; // number of trials
}

/** Draws of one trial before it is left out as a duplicate of earlier ones. */
const TRIES = 100;

/**
 * The trials: the points of the grid, or as many different ones as asked for, drawn at random, each from its own random
 * stream. Fewer if the space has no more.
 */
export function trialsOf(
  where: string,
  config: Pick<SearchConfig, 'method' | 'runs' | 'seed'>,
  space: readonly Dimension[],
): Trial[] {
  if (config.method === 'grid') return gridOf(where, space).map((point, k) => ({ number: k + 1, point }));
  const seenKeys = new Set<string>();
  const trials: Trial[] = [];
  for (let k = 0; k < config.runs; k++) {
    const random = createRandom(config.seed, 'search', k);
    for (let tries = 0; tries < TRIES; tries++) {
      const point = drawPoint(space, random);
      const text = JSON.stringify(point);
      if (seenKeys.has(text)) continue;
      seenKeys.add(text);
      trials.push({ number: trials.length + 1, point });
      break;
    }
  }
  return trials;
}

/**
 * The rounds of successive halving: of n trials 1 / factor go on to the next round, which is factor times as long. The
 * last round has at most `to` steps or epochs. A round that rounding makes as long as the one before it is left out:
 * its runs would be the same. Other methods have one round.
 * [Jamieson & Talwalkar 2016](https://arxiv.org/abs/1502.07943)
 */
export function roundsOf(trials: number, halving: Halving | null, defaultLength: number): Round[] {
  if (halving === null) return [{ number: 1, length: null, count: trials }];
  const { factor, unit, to } = halving;
  const lastLength = to ?? defaultLength;
  // Rounds until one trial is left; 1e-9 is more than the rounding errors of the logarithms.
  const halvings = Math.floor(Math.log(trials) / Math.log(factor) + 1e-9);
  const firstLength = Math.min(lastLength, halving.from ?? Math.max(1, lastLength / factor ** halvings));
  const rounds: Round[] = [];
  let previousLength = 0;
  for (let r = 0; ; r++) {
    const count = Math.max(1, Math.ceil(trials / factor ** r - 1e-9));
    const length = Math.min(lastLength, Math.round(firstLength * factor ** r));
    if (length > previousLength) rounds.push({ number: rounds.length + 1, length: { unit, count: length }, count });
    previousLength = length;
    if (length === lastLength || count === 1) return rounds;
  }
}
