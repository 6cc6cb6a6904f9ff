import type { LayerSpec } from '@gradloom/core';
import {
  type Architecture,
  activationNames,
  dropoutOf,
  linear,
  norm,
  part,
  type TensorMapping,
  tableAt,
} from './architecture.ts';

/** GPT-2: pre-norm blocks with learned positions. Its linear layers have weights [in, out]. */
export const gpt2: Architecture = {
  prefix: 'transformer.',
  heads: ['lm_head'],
  describe(request) {
    const { read } = request;
    const C = read.extent('n_embd', 768);
    const V = read.extent('vocab_size', 50_257);
    const heads = read.extent('n_head', 12);
    const inner = read.extent('n_inner', 4 * C);
    const positions = read.extent('n_positions', 1024);
    const epsilon = read.number('layer_norm_epsilon', 1e-5);
    const fn = read.oneOf('activation_function', activationNames, 'gelu_new');
    const isTied = read.flag('tie_word_embeddings', true);
    read.requireOnly('scale_attn_weights', true);
    read.requireOnly('scale_attn_by_inverse_layer_idx', false);
    read.requireOnly('add_cross_attention', false);
    const dropout = read.rate('attn_pdrop', 0.1);
    const afterBranch = () => dropoutOf(read.rate('resid_pdrop', 0.1));

    const blocks = Array.from({ length: read.layers('n_layer', 12) }, (_, k) => {
      const [at, inAttention, inHidden] = [`h.${k}`, `h.${k}.attn`, `h.${k}.mlp`];
      const layers: LayerSpec[] = [
        {
          kind: 'residual',
          layers: [
            { kind: 'layer-norm', epsilon, name: `${at}.ln_1` },
            { kind: 'self-attention', heads, causal: true, dropout, name: inAttention },
            ...afterBranch(),
          ],
        },
        {
          kind: 'residual',
          layers: [
            { kind: 'layer-norm', epsilon, name: `${at}.ln_2` },
            { kind: 'dense', out: inner, name: `${inHidden}.c_fc` },
            { kind: 'activation', fn },
            { kind: 'dense', out: C, name: `${inHidden}.c_proj` },
            ...afterBranch(),
          ],
        },
      ];
      const mappings: TensorMapping[] = [
        ...norm(`${at}.ln_1`, C),
        ...conv1d(inAttention, 'qkv', `${inAttention}.c_attn`, C, 3 * C),
        ...conv1d(inAttention, 'o', `${inAttention}.c_proj`, C, C),
        ...norm(`${at}.ln_2`, C),
        ...conv1d(`${inHidden}.c_fc`, '', `${inHidden}.c_fc`, C, inner),
        ...conv1d(`${inHidden}.c_proj`, '', `${inHidden}.c_proj`, inner, C),
      ];
      return { layers, mappings };
    });
    return {
      layers: [
        { kind: 'embedding', vocabulary: V, width: C, name: 'wte' },
        { kind: 'position-embedding', name: 'wpe' },
        ...dropoutOf(read.rate('embd_pdrop', 0.1)),
        ...blocks.flatMap(({ layers }) => layers),
        { kind: 'layer-norm', epsilon, name: 'ln_f' },
        { kind: 'dense', out: V, bias: false, name: 'lm_head', ...(isTied ? { tiedTo: '0' } : {}) },
      ],
      mappings: [
        tableAt('wte', 'E', V, C),
        tableAt('wpe', 'P', positions, C),
        ...blocks.flatMap(({ mappings }) => mappings),
        ...norm('ln_f', C),
        ...(isTied ? [] : linear('lm_head', '', [['lm_head', V]], C, false)),
      ],
      writes: true,
      positions,
      positionEntries: ['n_positions', ...(request.config.n_ctx === undefined ? [] : ['n_ctx'])],
      vocabulary: V,
    };
  },
  unneeded: (name, { read }) =>
    /^h\.\d+\.attn\.(?:bias|masked_bias)$/.test(name) ||
    (name === 'lm_head.weight' && read.flag('tie_word_embeddings', true))
      ? 'constant'
      : null,
};

/** A linear layer of GPT-2, which calls it a convolution. */
const conv1d = (layer: string, tensor: string, name: string, inputs: number, outputs: number): TensorMapping[] => [
  { to: `${layer}.W${tensor}`, parts: [part(`${name}.weight`, [inputs, outputs])] },
  { to: `${layer}.b${tensor}`, parts: [part(`${name}.bias`, [outputs])] },
];
