import type { Layer } from './layer.ts';

/**
 * Told of every array of rows right after it is written, for probes and checks: what a layer puts out ('forward'), the
 * gradient by the output of the last of layers that follow each other ('loss'), and by the input of each ('backward').
 * A layer that holds others hands it on to them.
 */
export type Inspect = (phase: 'forward' | 'loss' | 'backward', layer: Layer, rows: Float64Array, n: number) => void;
