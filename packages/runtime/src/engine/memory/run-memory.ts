import { getHeapStatistics } from 'node:v8';
import type { Loss, Network, NetworkSpec } from '@gradloom/core';
import { countPieces, leafCount, targetColumns } from '@gradloom/core/internal';
import { checkMemory, type Part } from '../../system/memory/memory.ts';
import { memoryRoom } from '../../system/memory/memory-room.ts';
import { mostPasses } from '../step/team-part.ts';
import type { Means } from './fit-memory.ts';
import { EVALUATION_ROWS, type ScratchShape } from './thread-scratch.ts';

const MiB = 1024 ** 2;

/**
 * What is no array, measured (`run-memory.test.ts`) and rounded up: Node's and V8's own of a thread, and the objects
 * that stand for a layer, for the gradient of a tensor in a row of gradients, for a layer in a pass that has a
 * workspace of its own, and for a piece of a block, in every thread that has them.
 */
const THREAD_BYTES = 18 * MiB;
const LAYER_BYTES = 8 * 1024;
const GRADIENT_BYTES = 640; // in the program of a look, whose passes are as many as the rows
const PASS_LAYER_BYTES = 8 * 1024; // 5,200 for a dense layer and a batch norm in turn
const PIECE_BYTES = 2048; // 1,600 in a program of plain code, 200 in one on tapes

/** Old garbage of the main thread besides the young generation: reports of some thousand spans. */
const GARBAGE_BYTES = 28 * MiB;

/**
 * The most that V8's semispaces have, which follows from the heap's limit; it lets both grow before it collects what is
 * old.
 */
const semispaceBytes = (): number => Math.min(16 * MiB, getHeapStatistics().heap_size_limit / 128);

/** @throws OptionError if the layers of a spec do not fit into the free memory. Called before any layer is made. */
export function refuseManyLayers(spec: NetworkSpec): void {
  let count = 0;
  // The spec is not checked yet: a list may even contain itself.
  const lists = new Set<unknown>([Object(spec).layers]);
  for (const list of lists) {
    if (!Array.isArray(list)) continue;
    count += list.length;
    for (const layer of list) lists.add(Object(layer).layers);
  }
  // Reading the free memory takes longer than making a few layers.
  if (count > FEW_LAYERS) checkMemory([{ name: 'layers', bytes: count * LAYER_BYTES }], memoryRoom());
}

const FEW_LAYERS = 100;

/** How a run's threads come about. */
export interface ThreadNeeds {
  readonly network: Network;
  readonly ownThreads: boolean; // that are started for it, rather than those of a pool
}

/** Memory of threads besides that of the kernels; `trainingBytes` is what each takes to train. */
export function threadParts(
  { network, ownThreads }: ThreadNeeds,
  { threads }: Pick<Means, 'threads'>,
  trainingBytes = 0,
): Part[] {
  const layers = network.places.length * LAYER_BYTES;
  return [
    { name: "this thread's heap", bytes: 2 * semispaceBytes() + GARBAGE_BYTES + layers },
    { name: 'threads', bytes: ownThreads ? threads * THREAD_BYTES : 0, option: 'threads' },
    { name: 'layers of the threads', bytes: threads * (layers + trainingBytes), option: 'threads' },
  ];
}

/** What a thread takes to train, besides the arena, with so many rows of gradients. */
export function trainingBytes(shape: ScratchShape, rows: number): number {
  const { network, optimizer } = shape;
  const gradients = network.tensors.length * rows * GRADIENT_BYTES;
  const passes = network.places.length * separateWorkspaces(shape) * PASS_LAYER_BYTES;
  return gradients + passes + countPieces(network, optimizer) * PIECE_BYTES;
}

/** Workspaces of passes that go on together, in all programs that a thread keeps; 0 where no layer couples rows. */
function separateWorkspaces(shape: ScratchShape): number {
  const { batch, lastBatch, leaf, couples, probes = false } = shape;
  if (!couples) return 0;
  const kinds = lastBatch === batch ? 1 : 2;
  return kinds * (mostPasses(shape) + (probes ? leafCount(batch, leaf) : 0));
}

/**
 * Chunks whose outputs are held at once. Their number changes no bit; 16,384 rows make a pause between two of no
 * account.
 */
const MOST_CHUNKS = 64;

/** Chunks to hold at once in evaluations of sets of so many rows. */
export const chunksOf = (rows: readonly number[]): number =>
  Math.min(MOST_CHUNKS, Math.ceil(Math.max(0, ...rows) / EVALUATION_ROWS));

/** Numbers of outputs that are read between two pauses: about a millisecond for each reader. */
export const STRETCH = 1 << 16;

/** Rows of them. */
export const stretchRows = ({ output }: Network): number => Math.ceil(STRETCH / output);

/** Memory of an evaluation, besides its readers. */
export function evaluationParts(network: Network, loss: Loss, { chunks }: Pick<Means, 'chunks'>): Part[] {
  const targets = stretchRows(network) * targetColumns(network, loss);
  return [
    { name: 'outputs of an evaluation', bytes: chunks * EVALUATION_ROWS * network.output * 8 },
    { name: 'targets of an evaluation', bytes: (chunks > 0 ? targets : 0) * 8 },
  ];
}
