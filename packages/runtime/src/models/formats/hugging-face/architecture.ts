import type { ActivationName, LayerSpec } from '@gradloom/core';
import type { Config, ConfigReader } from './config.ts';

/** A tensor in the files, which is a tensor of the network or some of its columns. */
export interface TensorPart {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether the file has the transposed columns, as nn.Linear does. */
  readonly isTransposed: boolean;
}

/** Where the numbers of a tensor of the network stand in the files. */
export interface TensorMapping {
  /** Name of the layer and of its tensor: 'h.0.attn.Wqkv'. */
  readonly to: string;
  /** The parts, joined along the last axis. */
  readonly parts: readonly TensorPart[];
}

/** A network of Hugging Face, as its config.json describes it. */
export interface HuggingFaceNetwork {
  readonly layers: readonly LayerSpec[];
  readonly mappings: readonly TensorMapping[];
  /** Whether it writes on, as a model of text; else it reads a text as a whole. */
  readonly writes: boolean;
  /** Positions of which the config says that there are at most so many. */
  readonly positions: number;
  /** The entries of the config that the number of positions of the network changes. */
  readonly positionEntries: readonly string[];
  /** V: tokens. */
  readonly vocabulary: number;
  /** Names of the classes, if outputs are classes. */
  readonly labels?: readonly string[];
}

/** How an encoder makes outputs of all positions of a text: their mean, or those of its pooler, at the first. */
export const poolings = { mean: true, pooler: true };

/** A key of `poolings`. */
export type Pooling = keyof typeof poolings;

/** What of the files decides on the network besides the config. */
export interface ImportRequest {
  readonly config: Config;
  readonly read: ConfigReader;
  /** T: tokens of a row; undefined: those of the config, at most 1,024. */
  readonly context: number | undefined;
  /** The outputs of a network that reads a text as a whole. @default by its tensors */
  readonly pooling: Pooling | undefined;
  /** The names of tensors in the files, without the prefix of the base model. */
  readonly names: ReadonlySet<string>;
}

/** A family of networks. */
export interface Architecture {
  /** What its files may have before the names of the base model's tensors: 'transformer.'. */
  readonly prefix: string;
  /** Modules beside the base model, whose tensors have no such prefix. */
  readonly heads: readonly string[];
  /** The network. @throws Error naming what of the config is not supported */
  describe(request: ImportRequest): HuggingFaceNetwork;
  /** Why a tensor of the files is not needed: it is a constant or a copy, or a part that has no use; null if it is. */
  unneeded(name: string, request: ImportRequest): 'constant' | 'unused' | null;
}

/** T: the positions that are asked for, or those of the config, at most 1,024. */
export const contextOf = ({ context }: ImportRequest, positions: number): number =>
  context ?? Math.min(positions, DEFAULT_CONTEXT);

/** Rows of more tokens take memory and time that few texts need. */
const DEFAULT_CONTEXT = 1024;

/** Activations by their names in config.json. */
export const activationNames: Readonly<Record<string, ActivationName>> = {
  gelu: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  tanh: 'tanh',
};

/** Tensors of nn.Linear: weights [out, in], and with `bias` [out]. Several are joined along `out`. */
export function linear(
  layer: string,
  tensor: string, // 'qkv' of Wqkv and bqkv; '' of W and b
  modules: readonly (readonly [name: string, outputs: number])[],
  inputs: number,
  bias = true,
): TensorMapping[] {
  const weights = modules.map(([name, outputs]) => part(`${name}.weight`, [outputs, inputs], true));
  const biases = modules.map(([name, outputs]) => part(`${name}.bias`, [outputs]));
  return [
    { to: `${layer}.W${tensor}`, parts: weights },
    ...(bias ? [{ to: `${layer}.b${tensor}`, parts: biases }] : []),
  ];
}

/** A norm's weight [size], and with `bias` its bias. */
export const norm = (layer: string, size: number, bias = true, module = layer): TensorMapping[] => [
  { to: `${layer}.gamma`, parts: [part(`${module}.weight`, [size])] },
  ...(bias ? [{ to: `${layer}.beta`, parts: [part(`${module}.bias`, [size])] }] : []),
];

/** A table of vectors. Of one of positions the network may have the first rows alone. */
export const tableAt = (layer: string, tensor: 'E' | 'P', rows: number, width: number): TensorMapping => ({
  to: `${layer}.${tensor}`,
  parts: [part(`${layer}.weight`, [rows, width])],
});

export const part = (name: string, shape: readonly number[], isTransposed = false): TensorPart => ({
  name,
  shape,
  isTransposed,
});

/** A layer of dropout, or none. */
export const dropoutOf = (rate: number): LayerSpec[] => (rate === 0 ? [] : [{ kind: 'dropout', rate }]);
