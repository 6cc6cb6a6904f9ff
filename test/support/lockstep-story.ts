import {
  batchNorm,
  dense,
  dropout,
  embedding,
  flatten,
  identity,
  relu,
  residual,
  sequential,
  tanh,
} from '@gradloom/runtime';
import type { CheckpointEvery, DataSplits, NetworkSpec, TrainOptions } from '../../packages/runtime/src/index.ts';
import { datasetFromRows } from '../../packages/runtime/src/index.ts';
import { randomDataset } from './random-dataset.ts';

/** A run for ranks, in JSON. */
export interface Story {
  readonly options: Omit<TrainOptions, 'resume'> & { readonly resume?: string };
  readonly ofRank?: Readonly<Record<number, Omit<TrainOptions, 'resume'>>>; // further options of a rank
  readonly folder?: string; // folder of checkpoints
  readonly every?: CheckpointEvery;
  readonly strides?: readonly number[]; // steps of each call of a trainer; absent: by `train`
  readonly steers?: boolean; // after the first epoch, rank 0 pauses the run, changes its rate and goes on
  readonly throwsAt?: string; // event type at which the listener throws
  readonly endsPoolOn?: number; // the rank whose thread pool is closed
  readonly beside?: boolean; // whether another run is active
  readonly abortsOn?: number; // the rank whose signal is aborted from the start
  // a call of one rank only, before its second steps
  readonly strays?: readonly [rank: number, call: 'setRate' | 'evaluate'];
  readonly late?: LateRank; // only with `strides`
  readonly otherRows?: number; // the rank that has different rows
  readonly otherSpec?: number; // the rank that has a different network
  readonly couples?: boolean; // rows depend on each other through batch norm
  readonly spikes?: Readonly<Record<number, number>>; // first input of training rows, by row
  readonly refusedRow?: number; // row with an unknown word, for a network with an embedding
}

/** A rank that takes its second steps only after rank 0, whose signal is aborted, has warned of it. */
export interface LateRank {
  readonly rank: number;
  readonly mark: string; // file that signals the warning
}

/** More than one block of parameters, so that several ranks each hold a part of the state. */
const figuresSpec = sequential(8, dense(96), relu(), dropout(0.1), dense(96), tanh(), dense(3));

/** Passes the numbers of a row unchanged to an embedding of four words. */
const wordsSpec = sequential(
  2,
  identity(),
  residual(dense(2, { init: 'zeros' })),
  embedding(4, 3),
  flatten(),
  dense(2),
);

const wordRows = (refused: number) =>
  datasetFromRows({
    inputs: Array.from({ length: 300 }, (_, n) => [n % 4, n === refused ? 7 : (n >> 2) % 4]),
    targets: Array.from({ length: 300 }, (_, n) => n % 2),
    classes: 2,
    name: 'words',
  });

/** Rows depend on each other. */
const coupledSpec = sequential(8, dense(64), batchNorm(), relu(), dense(64), batchNorm(), dense(3));

export function storySpec({ refusedRow, otherSpec, couples = false }: Story, rank: number): NetworkSpec {
  if (refusedRow !== undefined) return wordsSpec;
  return couples || otherSpec === rank ? coupledSpec : figuresSpec;
}

/** 300 training rows, and more than one chunk of an evaluation in each of the others. */
export function storyData({ otherRows, refusedRow, spikes = {} }: Story, rank: number): DataSplits {
  if (refusedRow !== undefined) return { train: wordRows(refusedRow) };
  const of = (rows: number, seed: number, rowSpikes: Story['spikes'] = {}) =>
    randomDataset({ rows, inputs: 8, classes: 3, seed, spikes: rowSpikes });
  return { train: of(300, otherRows === rank ? 9 : 1, spikes), validation: of(700, 2), test: of(300, 3) };
}

/** Options of a rank; its own override the common ones. */
export function storyOptions({ options, ofRank = {} }: Story, rank: number): Story['options'] {
  return { batch: 50, epochs: 3, backend: 'wasm', threads: 1, ...options, ...ofRank[rank] };
}
