import type { CheckpointEvery, DataSplits, NetworkSpec, TrainOptions } from '../../packages/runtime/src/index.ts';
import { datasetFromRows } from '../../packages/runtime/src/index.ts';
import { randomDataset } from './random-dataset.ts';

/** A run that ranks tell, in JSON. */
export interface Story {
  readonly options: Omit<TrainOptions, 'resume'> & { readonly resume?: string };
  readonly ofRank?: Readonly<Record<number, Omit<TrainOptions, 'resume'>>>; // what a rank has besides
  readonly folder?: string; // of checkpoints
  readonly every?: CheckpointEvery;
  readonly strides?: readonly number[]; // steps of each call of a trainer; absent: by `train`
  readonly throwsAt?: string; // the listener, at events of this type
  readonly endsPoolOn?: number; // the rank whose pool of threads has ended
  readonly beside?: boolean; // while another run goes on
  readonly abortsOn?: number; // the rank whose signal is aborted from the start
  readonly strays?: readonly [rank: number, call: 'setRate' | 'evaluate']; // before its second steps
  readonly late?: LateRank; // of a loop of its own
  readonly otherRows?: number; // the rank that has other rows
  readonly otherSpec?: number; // the rank that has another network
  readonly couples?: boolean; // its rows, by a batch norm
  readonly spikes?: Readonly<Record<number, number>>; // by training row: what its first input has
  readonly refusedRow?: number; // of a network that hands numbers on to an embedding: the one with a word it has not
}

/** Takes its second steps only once rank 0, whose signal is aborted, has warned of it. */
export interface LateRank {
  readonly rank: number;
  readonly mark: string; // the file by which it learns so
}

/** More than one block of parameters, so that each of a few ranks holds some of the state. */
const figuresSpec: NetworkSpec = {
  input: 8,
  layers: [
    { kind: 'dense', out: 96 },
    { kind: 'activation', fn: 'relu' },
    { kind: 'dropout', rate: 0.1 },
    { kind: 'dense', out: 96 },
    { kind: 'activation', fn: 'tanh' },
    { kind: 'dense', out: 3 },
  ],
};

/** Hands the numbers of a row on to an embedding of four words as they are. */
const wordsSpec: NetworkSpec = {
  input: 2,
  layers: [
    { kind: 'activation', fn: 'identity' },
    { kind: 'residual', layers: [{ kind: 'dense', out: 2, init: 'zeros' }] },
    { kind: 'embedding', vocabulary: 4, width: 3 },
    { kind: 'dense', out: 2 },
  ],
};

const wordRows = (refused: number) =>
  datasetFromRows({
    inputs: Array.from({ length: 300 }, (_, n) => [n % 4, n === refused ? 7 : (n >> 2) % 4]),
    targets: Array.from({ length: 300 }, (_, n) => n % 2),
    classes: 2,
    name: 'words',
  });

/** Rows depend on each other. */
const coupledSpec: NetworkSpec = {
  input: 8,
  layers: [
    { kind: 'dense', out: 64 },
    { kind: 'batch-norm' },
    { kind: 'activation', fn: 'relu' },
    { kind: 'dense', out: 64 },
    { kind: 'batch-norm' },
    { kind: 'dense', out: 3 },
  ],
};

export function storySpec({ refusedRow, otherSpec, couples = false }: Story, rank: number): NetworkSpec {
  if (refusedRow !== undefined) return wordsSpec;
  return couples || otherSpec === rank ? coupledSpec : figuresSpec;
}

/** 300 training rows, and more than one chunk of an evaluation in each of the others. */
export function storyData({ otherRows, refusedRow, spikes = {} }: Story, rank: number): DataSplits {
  if (refusedRow !== undefined) return { train: wordRows(refusedRow) };
  const of = (rows: number, seed: number, own: Story['spikes'] = {}) =>
    randomDataset({ rows, inputs: 8, classes: 3, seed, spikes: own });
  return { train: of(300, otherRows === rank ? 9 : 1, spikes), validation: of(700, 2), test: of(300, 3) };
}

/** Options of a rank: its own override those of all. */
export function storyOptions({ options, ofRank = {} }: Story, rank: number): Story['options'] {
  return { batch: 50, epochs: 3, backend: 'wasm', threads: 1, ...options, ...ofRank[rank] };
}
