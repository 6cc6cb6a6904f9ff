import type { Elements } from '../../element-type.ts';
import type { Layer } from './layer.ts';

/**
 * Called with every array of rows right after it is written, for probes and checks: the output of a layer ('forward'),
 * the gradient with respect to the output of the last layer of a stack ('loss'), and with respect to the input of each
 * ('backward'). A layer that holds others passes it on to them.
 */
export type Inspect = (phase: 'forward' | 'loss' | 'backward', layer: Layer, rows: Elements, n: number) => void;
