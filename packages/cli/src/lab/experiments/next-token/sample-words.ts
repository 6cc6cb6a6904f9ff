import { createRandom, math } from '@gradloom/core';
import type { Model } from '@gradloom/runtime';
import { decode, END } from './alphabet.ts';

/** Longer words are cut. */
const LONGEST = 24;

/** Draws `count` words, symbol by symbol, each with p = softmax(logits / temperature); at 0 the likeliest symbol. */
export function sampleWords(
  model: Model,
  options: { K: number; count: number; temperature: number; seed: number },
): string[] {
  const { K, count, temperature, seed } = options;
  const random = createRandom(seed, 'sample');
  return Array.from({ length: count }, () => {
    const symbols: number[] = [];
    const context = new Float64Array(K).fill(END);
    while (symbols.length < LONGEST) {
      const symbol = draw(model.outputs(context), temperature, random.uniform());
      if (symbol === END) break;
      symbols.push(symbol);
      context.copyWithin(0, 1);
      context[K - 1] = symbol;
    }
    return decode(symbols);
  });
}

/** The index at which the running sum of the probabilities passes `u` in [0, 1). */
function draw(logits: Float64Array, temperature: number, u: number): number {
  const largest = logits.indexOf(Math.max(...logits));
  if (temperature === 0) return largest;
  const weights = logits.map((logit) => math.exp((logit - logits[largest]) / temperature));
  let left = u * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [symbol, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return symbol;
  }
  return largest;
}
