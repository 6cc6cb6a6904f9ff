import { buildNetwork } from '@gradloom/core';
import { continuationProblem, ofText } from '@gradloom/core/internal';
import { createTokenizer, type TrainResult } from '@gradloom/runtime';
import { attentionOf, inputRows } from '@gradloom/runtime/internal';
import type { Attention } from '../../../report/findings/findings.ts';
import { layerNames } from '../../../terminal/text/layer-names.ts';
import type { Recipe } from '../recipe.ts';

/** Maximum number of tokens: on a phone, two maps side by side still have room for their letters. */
const MAX_TOKENS = 16;
/** Maximum number of layers whose weights are kept. */
const MAX_LAYERS = 24;

/** The weights of all self-attention over the first tokens of the validation text; null without either. */
export function readAttention({ sets }: Recipe, result: TrainResult): Attention | null {
  const text = ofText(sets.train.preprocessing)?.text;
  const network = buildNetwork(result.spec, result.parts?.customParts);
  const hasAttention = network.allLayers.some((layer) => layer.spec.kind === 'self-attention');
  if (text === undefined || !hasAttention || continuationProblem(network) !== null) return null;
  const dataset = sets.validation ?? sets.train;
  const row = inputRows(dataset, 0, 1, 'float64');
  const n = Math.min(MAX_TOKENS, dataset.lengths?.array[0] ?? row.length);
  const tokens = Array.from(row.subarray(0, n));
  const tokenizer = createTokenizer(text.tokenizer);
  const attention = attentionOf(result, tokens);
  return {
    split: sets.validation === undefined ? 'training' : 'validation',
    tokens: tokens.map((token) => tokenizer.decode([token])),
    layers: attention.slice(0, MAX_LAYERS).map(({ path, heads, weights }) => {
      const networkLayer = network.allLayers.find((candidate) => candidate.path === path);
      const [layer] = layerNames([{ path, label: networkLayer?.layer.label ?? '', name: networkLayer?.spec.name }]);
      const weightsOfQuery = (h: number, t: number): number[] =>
        Array.from(weights.subarray((h * n + t) * n, (h * n + t) * n + t + 1), (p) => Math.round(1000 * p) / 1000);
      return { layer, heads: Array.from({ length: heads }, (_, h) => tokens.map((_, t) => weightsOfQuery(h, t))) };
    }),
    layersInAll: attention.length,
  };
}
