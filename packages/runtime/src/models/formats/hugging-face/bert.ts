import type { LayerSpec } from '@gradloom/core';
import {
  type Architecture,
  activationNames,
  dropoutOf,
  type ImportRequest,
  linear,
  norm,
  type Pooling,
  type TensorMapping,
  tableAt,
} from './architecture.ts';

/** Name of the layer whose outputs are classes. */
const CLASSIFIER = 'classifier';

/**
 * BERT: an encoder whose norms stand after each sum. The input is one text, so all tokens have the first type. Outputs
 * are the means of all positions, those of the pooler at the first position, or classes by these.
 */
export const bert: Architecture = {
  prefix: 'bert.',
  heads: [CLASSIFIER],
  describe(request) {
    const { read } = request;
    const C = read.extent('hidden_size', 768);
    const V = read.extent('vocab_size', 30_522);
    const heads = read.extent('num_attention_heads', 12);
    const inner = read.extent('intermediate_size', 3072);
    const positions = read.extent('max_position_embeddings', 512);
    const types = read.extent('type_vocab_size', 2);
    const epsilon = read.number('layer_norm_eps', 1e-12);
    const fn = read.oneOf('hidden_act', activationNames, 'gelu');
    read.requireOnly('position_embedding_type', 'absolute');
    read.requireOnly('is_decoder', false);
    const dropout = read.rate('attention_probs_dropout_prob', 0.1);
    const afterBranch = () => dropoutOf(read.rate('hidden_dropout_prob', 0.1));
    const layerNorm = (name: string): LayerSpec => ({ kind: 'layer-norm', epsilon, name });

    const blocks = Array.from({ length: read.layers('num_hidden_layers', 12) }, (_, k) => {
      const at = `layer.${k}`; // in names of layers, which are to be short
      const module = `encoder.${at}`;
      const [inAttention, afterAttention] = [`${at}.attention.self`, `${at}.attention.output.LayerNorm`];
      const [intermediate, output, last] = [`${at}.intermediate.dense`, `${at}.output.dense`, `${at}.output.LayerNorm`];
      const layers: LayerSpec[] = [
        {
          kind: 'residual',
          layers: [{ kind: 'self-attention', heads, causal: false, dropout, name: inAttention }, ...afterBranch()],
        },
        layerNorm(afterAttention),
        {
          kind: 'residual',
          layers: [
            { kind: 'dense', out: inner, name: intermediate },
            { kind: 'activation', fn },
            { kind: 'dense', out: C, name: output },
            ...afterBranch(),
          ],
        },
        layerNorm(last),
      ];
      const projections = ['query', 'key', 'value'].map((name) => [`encoder.${inAttention}.${name}`, C] as const);
      const mappings: TensorMapping[] = [
        ...linear(inAttention, 'qkv', projections, C),
        ...linear(inAttention, 'o', [[`${module}.attention.output.dense`, C]], C),
        ...norm(afterAttention, C, true, `encoder.${afterAttention}`),
        ...linear(intermediate, '', [[`encoder.${intermediate}`, inner]], C),
        ...linear(output, '', [[`encoder.${output}`, C]], inner),
        ...norm(last, C, true, `encoder.${last}`),
      ];
      return { layers, mappings };
    });
    const head = headOf(request, C);
    return {
      layers: [
        { kind: 'embedding', vocabulary: V, width: C, name: 'embeddings.word_embeddings' },
        { kind: 'position-embedding', name: 'embeddings.position_embeddings' },
        { kind: 'times', value: 0, of: 'input', name: 'token types' },
        { kind: 'embedding', vocabulary: types, width: C, name: 'embeddings.token_type_embeddings' },
        { kind: 'plus', of: ['embeddings.position_embeddings', 'embeddings.token_type_embeddings'] },
        layerNorm('embeddings.LayerNorm'),
        ...afterBranch(),
        ...blocks.flatMap(({ layers }) => layers),
        ...head.layers,
      ],
      mappings: [
        tableAt('embeddings.word_embeddings', 'E', V, C),
        tableAt('embeddings.position_embeddings', 'P', positions, C),
        tableAt('embeddings.token_type_embeddings', 'E', types, C),
        ...norm('embeddings.LayerNorm', C),
        ...blocks.flatMap(({ mappings }) => mappings),
        ...head.mappings,
      ],
      writes: false,
      positions,
      positionEntries: ['max_position_embeddings'],
      vocabulary: V,
      ...(head.labels === undefined ? {} : { labels: head.labels }),
    };
  },
  unneeded(name, request) {
    if (name === 'embeddings.position_ids') return 'constant';
    const isUnused =
      name.startsWith('cls.') || // heads of its first training: a word that is left out, and the next sentence
      (name.startsWith('pooler.') && poolingOf(request) === 'mean') ||
      (name.startsWith(`${CLASSIFIER}.`) && poolingOf(request) !== 'classes');
    return isUnused ? 'unused' : null;
  },
};

const poolingOf = ({ pooling, names }: ImportRequest): Pooling | 'classes' =>
  pooling ?? (names.has(`${CLASSIFIER}.weight`) ? 'classes' : 'mean');

/** The layers after the encoder. */
function headOf(request: ImportRequest, C: number) {
  const pooling = poolingOf(request);
  if (pooling === 'mean') return { layers: [{ kind: 'global-avg-pool' } as const], mappings: [] };
  const layers: LayerSpec[] = [
    { kind: 'slice', axis: 0, start: 0, end: 1 },
    { kind: 'flatten' },
    { kind: 'dense', out: C, name: 'pooler.dense' },
    { kind: 'activation', fn: 'tanh' },
  ];
  const mappings = linear('pooler.dense', '', [['pooler.dense', C]], C);
  if (pooling === 'pooler') return { layers, mappings };
  const { config, read } = request;
  const names = Object.values((config.id2label ?? {}) as Record<string, unknown>).map(String);
  const labels = names.length > 0 ? names : Array.from({ length: read.extent('num_labels', 2) }, (_, k) => `${k}`);
  const dropout = config.classifier_dropout === null || config.classifier_dropout === undefined;
  return {
    layers: [
      ...layers,
      ...dropoutOf(read.rate(dropout ? 'hidden_dropout_prob' : 'classifier_dropout', 0.1)),
      { kind: 'dense', out: labels.length, name: CLASSIFIER } as const,
    ],
    mappings: [...mappings, ...linear(CLASSIFIER, '', [[CLASSIFIER, labels.length]], C)],
    labels,
  };
}
