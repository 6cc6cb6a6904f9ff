import type { Elements, Emit, NodeSums, Tie } from '@gradloom/core';
import {
  BLOCK,
  type BlockRange,
  type Bucket,
  barrier,
  gradientLength,
  gradientStride,
  host,
  joinNodes,
  type Node,
  ops,
  sumsOf,
  viewOf,
} from '@gradloom/core/internal';
import { CONTROL } from '../threads/barrier.ts';
import { emitLap, PHASE } from './clock.ts';
import type { RunContext } from './context.ts';
import type { OwnedBlocks } from './owned-blocks.ts';
import type { RankBatch } from './rank-batch.ts';
import { gradientParts, type LeafArray, rankExchanges } from './rank-exchanges.ts';
import { type ExchangeAct, type ExchangePlan, exchange } from './sync.ts';

/** Extra work of a step that ranks share. Each method emits the part of one thread. */
export interface RankStep {
  readonly buckets: readonly Bucket[]; // buckets of blocks, in the order in which a backward pass completes them
  readonly rankBlocks: readonly OwnedBlocks[]; // blocks that the rank updates, bucket by bucket
  readonly rowLength: number; // numbers in a row of gradients that this rank's update reads
  readonly ties: readonly Tie[]; // further uses of the rank's parameters, with gradient offsets in such a row
  /** Rows of gradients that the update reads. */
  readonly rows: Elements; // [rows, gradientStride]
  readonly sums: NodeSums; // how the update adds the rows
  /** After a barrier in the passes: exchanges what the leaves have written. Ends with a barrier. */
  statistics(emit: Emit, arrays: readonly LeafArray[]): void;
  /** After a barrier: starts to send the gradients of a bucket to the ranks that update it. */
  startGradients(emit: Emit, bucket: number): void;
  /** Lets MPI progress with the gradients of earlier buckets. */
  pollGradients(emit: Emit, bucket: number): void;
  /** Waits for the gradients of a bucket. Ends with a barrier. */
  finishGradients(emit: Emit, bucket: number): void;
  /** After a barrier: exchanges the squares of the mean gradient. Ends with a barrier. */
  squares(emit: Emit): void;
  /** After a barrier: starts to send the new weights of a bucket to all ranks. */
  startWeights(emit: Emit, bucket: number): void;
  /** Exchanges the notes of a step that updates no weights: see `unpack`. */
  exchangeNotes(emit: Emit): void;
  /** After a barrier: exchanges the notes of a step, and waits for all new weights. */
  finishWeights(emit: Emit): void;
  /** After the last exchange: copies the other ranks' losses and squares from their notes into the arena. */
  readonly unpack: () => void;
}

/** This thread's part of the exchanges of a step on `rows` rows; null without other ranks. */
export function rankStep(
  context: RunContext,
  threads: number,
  rows: number,
  nodes: readonly Node[], // subtrees of leaves: the team's passes sum the gradients of each into a row
): RankStep | null {
  const exchanges = rankExchanges(context, rows);
  const { setup, network, arena, thread, clock } = context;
  if (exchanges === null) return null;
  const { parameterCount: P } = network;
  const { rank, batch, rankBlocks, firstRow, ownership } = exchanges;
  const { pairs, rows: nodeRows } = joinNodes(nodes, batch.nodes[rank], batch.leaves);
  const stride = gradientStride(setup.elementType, gradientLength(network));
  const rowLength = ownership.gradientLengths[rank];
  const ties = ownership.ties[rank];
  const rankStride = gradientStride(setup.elementType, rowLength);
  // The blocks of no bucket have no gradients: no rank updates them, and their squares are 0 on each.
  const ends = [...ownership.buckets.map(({ first }) => first), arena.squares.length].sort((a, b) => a - b);
  const bucketStarts = [0, ...ownership.buckets.map(({ end }) => end)].sort((a, b) => a - b);
  const frozenBlocks = bucketStarts
    .map((first, k) => ({ first, end: ends[k] }))
    .filter(({ first, end }) => end > first);
  // With clipping, ranks have already exchanged the squares.
  const noteBlocks = setup.clipNorm === null ? ownership.blocksOf : ownership.blocksOf.map(() => []);
  const notes = rankNotes(context, batch, rank, noteBlocks);
  const notesExchange = exchanges.notes(notes.byRank);
  const weights = rankBlocks.map((_, bucket) => exchanges.weights(bucket));
  const gradients = rankBlocks.map((_, bucket) => exchanges.gradients(bucket, nodeRows));
  const emitExchange = (emit: Emit, plan: ExchangePlan, ...acts: ExchangeAct[]): void => {
    for (const act of acts) emit(exchange, plan, act);
  };

  function startNotes(emit: Emit): void {
    if (thread === 0) emit(host, notes.pack);
    emitExchange(emit, notesExchange, 'start');
  }

  /** Adds this thread's part of the team's rows, so that one row is left for each node of the rank. */
  function merge(emit: Emit, bucket: number): void {
    const { first, end } = threadBlocks(ownership.buckets[bucket], threads, thread);
    const { rowShift } = ownership.buckets[bucket];
    for (let block = first; block < end; block++) {
      const n = Math.min(BLOCK, P - block * BLOCK);
      const parts = gradientParts(network.ties, { offset: block * BLOCK, length: n, shift: rowShift });
      for (const [left, right] of pairs) {
        for (const { gradientOffset, length } of parts) {
          const part = (row: number) => viewOf(arena.gSum, row * stride + gradientOffset, length);
          emit(ops.add, part(left), part(right), length);
        }
      }
    }
  }

  /** Copies the rank's own gradients of the blocks that it updates. */
  function copyRankGradients(emit: Emit, bucket: number): void {
    const { first, end } = threadBlocks(rankBlocks[bucket], threads, thread);
    const n = Math.min(P, end * BLOCK) - first * BLOCK;
    if (end === first) return;
    const { shift, rowShift } = rankBlocks[bucket];
    const sources = gradientParts(network.ties, { offset: first * BLOCK, length: n, shift: rowShift });
    const targets = gradientParts(ties, { offset: first * BLOCK, length: n, shift });
    for (const [k, row] of nodeRows.entries()) {
      for (const [p, { gradientOffset, length }] of targets.entries()) {
        const to = viewOf(arena.rankGradients, (firstRow + k) * rankStride + gradientOffset, length);
        emit(ops.copy, to, viewOf(arena.gSum, row * stride + sources[p].gradientOffset, length), length);
      }
    }
  }

  return {
    buckets: ownership.buckets,
    rankBlocks,
    rowLength,
    ties,
    rows: arena.rankGradients,
    sums: sumsOf(batch.nodes.flat(), batch.leaves),
    unpack: notes.unpack,
    statistics(emit, arrays) {
      emitExchange(emit, exchanges.statistics(arrays), 'start', 'wait');
      emit(barrier);
    },
    startGradients(emit, bucket) {
      if (thread === 0 && bucket === 0) {
        for (const { first, end } of frozenBlocks)
          emit(ops.fill, viewOf(arena.squares, first, end - first), 0, end - first);
      }
      if (pairs.length > 0) {
        merge(emit, bucket);
        emitLap(clock, emit, PHASE.update);
        emit(barrier);
      }
      emitExchange(emit, gradients[bucket], 'start');
      copyRankGradients(emit, bucket);
      emitLap(clock, emit, PHASE.update);
    },
    pollGradients(emit, bucket) {
      if (bucket > 0) emitLap(clock, emit, PHASE.backward);
      // MPI makes progress only while it is called.
      for (const earlier of gradients.slice(0, bucket)) emitExchange(emit, earlier, 'poll');
    },
    finishGradients(emit, bucket) {
      emitLap(clock, emit, PHASE.update);
      emitExchange(emit, gradients[bucket], 'wait');
      emit(barrier);
    },
    squares(emit) {
      emitExchange(emit, exchanges.squares(), 'start', 'wait');
      emit(barrier);
    },
    startWeights: (emit, bucket) => emitExchange(emit, weights[bucket], 'start'),
    exchangeNotes(emit) {
      startNotes(emit);
      emitExchange(emit, notesExchange, 'wait');
    },
    finishWeights(emit) {
      startNotes(emit);
      for (const plan of [...weights, notesExchange]) emitExchange(emit, plan, 'wait');
    },
  };
}

/** The part of a range of blocks that thread `thread` of `threads` updates. */
export function threadBlocks({ first, end }: BlockRange, threads: number, thread: number): BlockRange {
  const boundary = (t: number): number => first + Math.floor((t * (end - first)) / threads);
  return { first: boundary(thread), end: boundary(thread + 1) };
}

/**
 * What each rank sends to all others in a step: whether the span has to end, the losses of its leaves, and the
 * squares of the gradient in its blocks if they are not known already.
 */
interface RankNotes {
  readonly byRank: readonly Float64Array[]; // the note of each rank
  /** Writes this rank's note. */
  pack(): void;
  /** Copies the other ranks' losses and squares from their notes to their places in the arena. */
  unpack(): void;
}

/** The notes of a step, in the arena. Their first number is rank 0's request to end the span, which decides for all. */
function rankNotes(
  { arena, setup }: Pick<RunContext, 'arena' | 'setup'>,
  { ranges }: RankBatch,
  rank: number,
  blocksOf: readonly (readonly OwnedBlocks[])[], // blocks of each rank whose squares the others do not know
): RankNotes {
  const { control } = setup;
  let offset = 0;
  const parts = ranges.map(({ first, end }, r) => {
    const start = offset;
    const nextPart = (length: number): Float64Array => {
      offset += length;
      return viewOf(arena.rankNotes, offset - length, length);
    };
    const request = nextPart(1);
    const losses = [nextPart(end - first), viewOf(arena.lossSums, first, end - first)] as const;
    const squares = blocksOf[r].map(
      (blocks) =>
        [nextPart(blocks.end - blocks.first), viewOf(arena.squares, blocks.first, blocks.end - blocks.first)] as const,
    );
    return { note: viewOf(arena.rankNotes, start, offset - start), request, copies: [losses, ...squares] };
  });
  const rankPart = parts[rank];
  const others = parts.filter((part) => part !== rankPart);
  return {
    byRank: parts.map(({ note }) => note),
    pack() {
      rankPart.request[0] = Atomics.load(control, CONTROL.request);
      for (const [note, figures] of rankPart.copies) note.set(figures);
    },
    unpack() {
      for (const { copies } of others) for (const [note, figures] of copies) figures.set(note);
    },
  };
}
