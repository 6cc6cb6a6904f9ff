/** Told of every array of rows right after it is written; for probes and checks. */
export type Inspect = (phase: 'forward' | 'loss' | 'backward', layer: number, rows: Float64Array, n: number) => void;
