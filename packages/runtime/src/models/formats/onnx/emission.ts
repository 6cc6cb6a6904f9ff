import type { Elements, LayerKind, LayerSpec, NetworkLayer, Shape } from '@gradloom/core';
import type { Graph, Value } from './graph.ts';
import type { Channels, Rows } from './rows.ts';

/** Arguments for adding a layer to a graph. */
export interface Emission {
  readonly graph: Graph;
  readonly channels: Channels;
  /** The first input. */
  readonly x: Rows;
  /** All inputs. */
  readonly xs: readonly Rows[];
  /** Of each input that is read with its lengths, the real positions of each row, integers [N] or [1]. */
  readonly lengths: readonly Value[];
  readonly networkLayer: NetworkLayer;
  /** Shape of a row of the outputs. */
  readonly shape: Shape;
  /** The outputs of the layer, whose value has its channels last. */
  readonly outputOf: (value: Value) => Rows;
  /** A tensor of the layer. @throws Error if it has none of this name */
  readonly tensor: (name: string) => Elements;
  /** Adds a constant [C, ...rest] for the channels of rows, in their order: by default the tensor of this name. */
  readonly channelConstant: (rows: Omit<Rows, 'value'>, name: string, rest?: Shape, numbers?: Elements) => Value;
  /** The table [vocabulary, width] of the embedding at a path before the layer. */
  readonly table: (path: string) => Value;
}

/** The options of a kind of layer. */
export type Spec<K extends LayerKind> = Extract<LayerSpec, { kind: K }>;
