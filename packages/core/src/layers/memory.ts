/**
 * Memory of one layer: what its forward leaves for its backward, beside the output, and scratch. No thread shares it.
 */
export interface LayerMemory {
  /** What `createMemory` allocated, in its order. */
  readonly arrays: readonly Float64Array[];
  /** Of the layers inside of it. */
  readonly inner?: InnerMemory;
}

/** Memory of layers that follow each other, up to `rows` rows. */
export interface StackMemory {
  /**
   * The output of each layer [rows, out]; an elementwise layer shares its input's array where nobody reads that later.
   */
  readonly outputs: readonly Float64Array[];
  /** Gradients by the output of a layer, taken in turns [rows, widest]. */
  readonly gradients: readonly [Float64Array, Float64Array];
  /** Memory of each layer. */
  readonly memories: readonly LayerMemory[];
}

/**
 * Likewise inside of a layer, with lists into which it sorts the arrays it is handed: new ones would be garbage a step.
 */
export interface InnerMemory extends StackMemory {
  /** One list a layer, one array a tensor. */
  readonly parameters: readonly Float64Array[][];
  /** Likewise of the gradients. */
  readonly parameterGradients: readonly Float64Array[][];
}

/** Of a layer that needs none. */
export const noMemory: LayerMemory = { arrays: [] };
