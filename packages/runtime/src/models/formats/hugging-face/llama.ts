import type { LayerSpec, RotaryScaling } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import type { FileFault } from '../../../system/files/file-fault.ts';
import {
  type Architecture,
  contextOf,
  type ImportRequest,
  linear,
  norm,
  type TensorMapping,
  tableAt,
} from './architecture.ts';
import type { Config } from './config.ts';

/** What sets the relatives of Llama apart. */
interface Variant {
  /** Whether queries, keys and values have biases, and the projection after them; undefined: as the config says. */
  readonly biases?: readonly [qkv: boolean, out: boolean];
  /** Whether positions are read no further back than `sliding_window`. */
  readonly hasWindow?: (request: ImportRequest) => boolean;
}

/** Llama and its relatives: pre-norm blocks with RMS norms, rotary angles, SwiGLU, and heads that share keys. */
const relativeOfLlama = ({ biases, hasWindow = () => false }: Variant): Architecture => ({
  prefix: 'model.',
  heads: ['lm_head'],
  describe(request) {
    const { read, config } = request;
    const C = read.extent('hidden_size', 4096);
    const V = read.extent('vocab_size', 32_000);
    const inner = read.extent('intermediate_size', 11_008);
    const heads = read.extent('num_attention_heads', 32);
    const keyHeads = read.extent('num_key_value_heads', heads);
    const headSize = read.extent('head_dim', C / heads);
    const positions = read.extent('max_position_embeddings', 2048);
    const epsilon = read.number('rms_norm_eps', 1e-6);
    const dropout = read.rate('attention_dropout');
    const isTied = read.flag('tie_word_embeddings', false);
    const hiddenBias = read.flag('mlp_bias', false);
    const [bias, outBias] = biases ?? [read.flag('attention_bias', false), read.flag('attention_bias', false)];
    read.requireOnly('hidden_act', 'silu');
    const T = contextOf(request, positions);
    if (hasWindow(request) && T > read.extent('sliding_window', T)) {
      throw read.fault(`a context of ${T} tokens`, `at most ${config.sliding_window} (sliding_window)`);
    }
    const attention = {
      heads,
      keyHeads,
      headSize,
      causal: true,
      dropout,
      bias,
      outBias,
      rotary: true,
      ...rotationOf(request),
    };
    const blocks = Array.from({ length: read.layers('num_hidden_layers', 32) }, (_, k) => {
      const [at, inAttention, inHidden] = [`layers.${k}`, `layers.${k}.self_attn`, `layers.${k}.mlp`];
      const layers: LayerSpec[] = [
        {
          kind: 'residual',
          layers: [
            { kind: 'rms-norm', epsilon, name: `${at}.input_layernorm` },
            { kind: 'self-attention', ...attention, name: inAttention },
          ],
        },
        {
          kind: 'residual',
          layers: [
            { kind: 'rms-norm', epsilon, name: `${at}.post_attention_layernorm` },
            { kind: 'swiglu', out: inner, bias: hiddenBias, name: inHidden },
            { kind: 'dense', out: C, bias: hiddenBias, name: `${inHidden}.down_proj` },
          ],
        },
      ];
      const [queries, keys] = [heads * headSize, keyHeads * headSize];
      const projections = [
        [`${inAttention}.q_proj`, queries],
        [`${inAttention}.k_proj`, keys],
        [`${inAttention}.v_proj`, keys],
      ] as const;
      const mappings: TensorMapping[] = [
        ...norm(`${at}.input_layernorm`, C, false),
        ...linear(inAttention, 'qkv', projections, C, bias),
        ...linear(inAttention, 'o', [[`${inAttention}.o_proj`, C]], queries, outBias),
        ...norm(`${at}.post_attention_layernorm`, C, false),
        ...linear(inHidden, 'g', [[`${inHidden}.gate_proj`, inner]], C, hiddenBias),
        ...linear(inHidden, 'v', [[`${inHidden}.up_proj`, inner]], C, hiddenBias),
        ...linear(`${inHidden}.down_proj`, '', [[`${inHidden}.down_proj`, C]], inner, hiddenBias),
      ];
      return { layers, mappings };
    });
    return {
      layers: [
        { kind: 'embedding', vocabulary: V, width: C, name: 'embed_tokens' },
        ...blocks.flatMap(({ layers }) => layers),
        { kind: 'rms-norm', epsilon, name: 'norm' },
        { kind: 'dense', out: V, bias: false, name: 'lm_head', ...(isTied ? { tiedTo: '0' } : {}) },
      ],
      mappings: [
        tableAt('embed_tokens', 'E', V, C),
        ...blocks.flatMap(({ mappings }) => mappings),
        ...norm('norm', C, false),
        ...(isTied ? [] : linear('lm_head', '', [['lm_head', V]], C, false)),
      ],
      writes: true,
      positions,
      positionEntries: [],
      vocabulary: V,
    };
  },
  unneeded: (name, { read }) =>
    name.endsWith('.rotary_emb.inv_freq') || (name === 'lm_head.weight' && read.flag('tie_word_embeddings', false))
      ? 'constant'
      : null,
});

export const llama: Architecture = relativeOfLlama({});
export const mistral: Architecture = relativeOfLlama({ biases: [false, false], hasWindow: () => true });
export const qwen2: Architecture = relativeOfLlama({
  biases: [true, false],
  hasWindow: ({ read }) => read.flag('use_sliding_window', false),
});

/** Base and scaling of rotary angles. They stand in `rope_parameters`, in older files beside `rope_scaling`. */
function rotationOf({ config, read }: ImportRequest): { theta: number; rotaryScaling?: RotaryScaling } {
  const scaling = asObject(config.rope_parameters) ?? asObject(config.rope_scaling) ?? {};
  const theta = numberIn({ ...config, ...scaling }, read.fault, 'rope_theta', 10_000);
  const type = scaling.rope_type ?? scaling.type ?? 'default';
  if (type === 'default') return { theta };
  if (type === 'linear') return { theta, rotaryScaling: { factor: numberIn(scaling, read.fault, 'factor') } };
  if (type === 'llama3') {
    const factor = numberIn(scaling, read.fault, 'factor');
    const [low, high] = [
      numberIn(scaling, read.fault, 'low_freq_factor'),
      numberIn(scaling, read.fault, 'high_freq_factor'),
    ];
    return {
      theta,
      rotaryScaling: { factor, low, high, context: numberIn(scaling, read.fault, 'original_max_position_embeddings') },
    };
  }
  throw read.fault(`rotary angles of type ${show(type)}`, 'default, linear or llama3');
}

const asObject = (value: unknown): Config | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Config) : undefined;

function numberIn(config: Config, fault: FileFault, name: string, standard?: number): number {
  const value = config[name] ?? standard;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw fault(`${name} ${show(value)} of rotary angles`, 'a number above 0');
}
