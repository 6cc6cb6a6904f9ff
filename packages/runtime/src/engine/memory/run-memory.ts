import { getHeapStatistics } from 'node:v8';
import type { Loss, Network, NetworkSpec } from '@gradloom/core';
import { convolutionBytes, countPieces, leafCount, targetColumns, targetPositions } from '@gradloom/core/internal';
import { checkMemory, type Part } from '../../system/memory/memory.ts';
import { memoryRoom } from '../../system/memory/memory-room.ts';
import { maxPasses, trainingPassRows } from '../step/team-part.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { EVALUATION_ROWS, type ScratchShape } from './thread-scratch.ts';

const MiB = 1024 ** 2;

/** Memory that is not in arrays, measured (`run-memory.test.ts`), rounded up: Node, V8 and objects of each thread. */
const THREAD_BYTES = 18 * MiB;
const LAYER_BYTES = 8 * 1024; // of a layer
const GRADIENT_BYTES = 640; // of a tensor in a gradient row, in a probed step, which has as many passes as rows
const PASS_LAYER_BYTES = 8 * 1024; // of a layer in a pass with its own workspace: measured 5,200
const PIECE_BYTES = 2048; // of a piece of a block: 1,600 bytes in plain code, 200 on tapes

/** Garbage in V8's old generation of the main thread: reports of some thousand spans. */
const GARBAGE_BYTES = 28 * MiB;

/** Largest size of V8's two semispaces, by the heap limit. Both may fill before old objects are freed. */
const semispaceBytes = (): number => Math.min(16 * MiB, getHeapStatistics().heap_size_limit / 128);

/** @throws OptionError if the layers of a spec do not fit into the free memory. Called before any layer is created. */
export function refuseManyLayers(spec: NetworkSpec): void {
  let count = 0;
  // The spec is not checked yet: a list may even contain itself.
  const lists = new Set<unknown>([Object(spec).layers]);
  for (const list of lists) {
    if (!Array.isArray(list)) continue;
    count += list.length;
    for (const layer of list) lists.add(Object(layer).layers).add(Object(layer).shortcut);
  }
  // Reading the free memory takes longer than creating a few layers.
  if (count > FEW_LAYERS) checkMemory([{ name: 'layers', bytes: count * LAYER_BYTES }], memoryRoom());
}

const FEW_LAYERS = 100;

export interface ThreadNeeds {
  readonly network: Network;
  readonly startsThreads: boolean; // started for this run, not taken from a pool
}

/** Memory of threads besides that of the kernels; `trainingBytes` is what each needs to train. */
export function threadParts(
  { network, startsThreads }: ThreadNeeds,
  { threads }: Pick<MemoryBudget, 'threads'>,
  trainingBytes = 0,
): Part[] {
  const layers = network.allLayers.length * LAYER_BYTES;
  return [
    { name: "this thread's heap", bytes: 2 * semispaceBytes() + GARBAGE_BYTES + layers },
    { name: 'threads', bytes: startsThreads ? threads * THREAD_BYTES : 0, option: 'threads' },
    { name: 'layers of the threads', bytes: threads * (layers + trainingBytes), option: 'threads' },
  ];
}

/** Memory that a thread needs to train besides the arena, with this number of gradient rows. */
export function trainingBytes(shape: ScratchShape, rows: number): number {
  const { network, optimizer, backend } = shape;
  const passRows = Math.max(shape.passRows, trainingPassRows(shape));
  const gradients = network.tensors.length * rows * GRADIENT_BYTES;
  const passes = network.allLayers.length * separateWorkspaces(shape) * PASS_LAYER_BYTES;
  const tables = backend === 'native' || backend === 'wasm' ? convolutionBytes(network.products, passRows) : 0;
  return gradients + passes + tables + countPieces(network, optimizer) * PIECE_BYTES;
}

/** Workspaces of passes that run in lockstep, in all programs that a thread keeps; 0 if no layer couples rows. */
function separateWorkspaces(shape: ScratchShape): number {
  const { batch, lastBatch, leafRows, couples, probes = false } = shape;
  if (!couples) return 0;
  const batchSizes = lastBatch === batch ? 1 : 2;
  return batchSizes * (maxPasses(shape) + (probes ? leafCount(batch, leafRows) : 0));
}

/** Maximum chunks whose outputs are held at once: with 16,384 rows, the pauses between segments do not matter. */
const MAX_CHUNKS = 64;

/** Maximum number of bytes of the outputs of these chunks. One chunk is always held, even if it has more. */
const MAX_OUTPUT_BYTES = 64 * MiB;

/** Chunks to hold at once when evaluating sets of these numbers of rows. */
export function chunksOf({ outputs }: Network, rows: readonly number[]): number {
  const maxChunks = Math.max(1, Math.min(MAX_CHUNKS, Math.floor(MAX_OUTPUT_BYTES / (8 * EVALUATION_ROWS * outputs))));
  return Math.min(maxChunks, Math.ceil(Math.max(0, ...rows) / EVALUATION_ROWS));
}

/**
 * Whether an evaluation collects outputs. If positions are targets, the threads sum what every evaluation has, and only
 * metrics of the user and other readers need outputs.
 */
export const collectsOutputs = (network: Network, loss: Loss, readers: number): boolean =>
  targetPositions(network, loss) === 1 || readers > 0 || Object.keys(network.customParts.metrics).length > 0;

/** Output values read between two pauses: about a millisecond for each reader. */
const OUTPUTS_PER_TURN = 1 << 16;

/** Rows read between two pauses. */
export const rowsPerTurn = ({ outputs }: Network): number => Math.ceil(OUTPUTS_PER_TURN / outputs);

/** Memory of an evaluation, besides its readers. */
export function evaluationParts(
  network: Network,
  loss: Loss,
  { chunks }: Pick<MemoryBudget, 'chunks'>,
  readers = 0, // besides those that every evaluation has
): Part[] {
  const targets = rowsPerTurn(network) * targetColumns(network, loss);
  const outputChunks = collectsOutputs(network, loss, readers) ? chunks : 0;
  return [
    { name: 'outputs of an evaluation', bytes: outputChunks * EVALUATION_ROWS * network.outputs * 8 },
    { name: 'targets of an evaluation', bytes: (chunks > 0 ? targets : 0) * 8 },
  ];
}
