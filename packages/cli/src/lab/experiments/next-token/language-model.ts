import type { NetworkSpec } from '@gradloom/core';
import { SYMBOLS } from './alphabet.ts';

const WIDTH = 16; // size of the embedding of a symbol

/**
 * Logits of the next symbol from the previous K. The last layer starts small, so that all symbols are about equally
 * likely at first.
 */
export const languageModel = (K: number, hidden: number): NetworkSpec => ({
  input: K,
  layers: [
    { kind: 'embedding', vocabulary: SYMBOLS, width: WIDTH },
    { kind: 'dense', out: hidden },
    { kind: 'activation', fn: 'gelu' },
    { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'swiglu', out: hidden }] },
    { kind: 'dense', out: SYMBOLS, init: { kind: 'normal', std: 0.01 } },
  ],
});
