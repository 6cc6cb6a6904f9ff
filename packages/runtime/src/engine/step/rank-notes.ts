import { viewOf } from '@gradloom/core/internal';
import { CONTROL } from '../threads/barrier.ts';
import type { RunContext } from './context.ts';
import type { OwnedBlocks } from './owned-blocks.ts';
import type { RankBatch } from './rank-batch.ts';

/**
 * What each rank tells all others in a step: whether it wants the span to end, the losses of its leaves, and the
 * squares of the gradient in its blocks if they are not known already.
 */
export interface RankNotes {
  /** The note of each rank. */
  readonly notes: readonly Float64Array[];
  /** Writes this rank's note. */
  pack(): void;
  /** Copies the other ranks' notes to where a run of one rank has these numbers. */
  unpack(): void;
}

/** The notes of a step, in the arena. The first number of all is the first rank's request, which decides for all. */
export function rankNotes(
  { arena, setup }: Pick<RunContext, 'arena' | 'setup'>,
  { ranges }: RankBatch,
  rank: number,
  blocksOf: readonly (readonly OwnedBlocks[])[], // blocks of each rank whose squares the others do not know
): RankNotes {
  const { control } = setup;
  let at = 0;
  const parts = ranges.map(({ first, end }, r) => {
    const start = at;
    const take = (length: number): Float64Array => {
      at += length;
      return viewOf(arena.notes, at - length, length);
    };
    const request = take(1);
    const losses = [take(end - first), viewOf(arena.lossSums, first, end - first)] as const;
    const squares = blocksOf[r].map(
      (blocks) =>
        [take(blocks.end - blocks.first), viewOf(arena.squares, blocks.first, blocks.end - blocks.first)] as const,
    );
    return { all: viewOf(arena.notes, start, at - start), request, copies: [losses, ...squares] };
  });
  const own = parts[rank];
  const others = parts.filter((part) => part !== own);
  return {
    notes: parts.map(({ all }) => all),
    pack() {
      own.request[0] = Atomics.load(control, CONTROL.request);
      for (const [note, known] of own.copies) note.set(known);
    },
    unpack() {
      for (const { copies } of others) for (const [note, known] of copies) known.set(note);
    },
  };
}
