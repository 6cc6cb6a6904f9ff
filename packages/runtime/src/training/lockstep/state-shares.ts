import type { Elements, ElementType, Pausable } from '@gradloom/core';
import { typeOf, viewOf } from '@gradloom/core/internal';
import type { SharedNumbers, Transfer } from '../../cluster/cluster.ts';
import type { Lockstep } from '../../cluster/lockstep.ts';
import { sharedArrays } from '../../data/number-types.ts';
import type { Arena, Range } from '../../engine/memory/arena.ts';
import { copyArray, inTurns } from '../../system/turns/in-turns.ts';
import type { RunArrays } from '../checkpoints/checkpoint.ts';

/**
 * Distribution of the optimizer's state over ranks, and its transfer between ranks while no span runs. All ranks make
 * the same calls. Arrays lie in shared memory, except those that only rank 0 has.
 */
export interface StateShares {
  /** Sends rank 0's `from` to all ranks. Overwrites `to`; `from` is only read on rank 0. */
  broadcast(to: Elements, from: Elements): Promise<void>;
  /** Sends each rank the part of rank 0's slot that it holds. Overwrites `to`, which has the length of that part. */
  scatter(slot: number, to: Elements, from: Elements): Promise<void>;
  /**
   * Gathers the whole state [slots][stateLength] on rank 0, or with `forAll` on all ranks; null elsewhere. If this rank
   * holds all of it, returns the same arrays; otherwise arrays kept under `bufferName`, which the next call with this
   * name overwrites.
   */
  gather(state: readonly Elements[], bufferName: string, forAll?: boolean): Promise<readonly Elements[] | null>;
}

/** Numbers sent to a rank at a time: copying 1 MiB takes less than a millisecond. */
const PIECE_NUMBERS = 1 << 17;

/** Maximum numbers in the pieces that rank 0 holds at once, when it scatters an array of P numbers to all ranks. */
export const maxPieceNumbers = (ranks: number, P: number): number => Math.min(P, (ranks - 1) * PIECE_NUMBERS);

export async function createStateShares(lockstep: Lockstep, arena: Arena): Promise<StateShares> {
  const { rank, ranks, isFirst } = lockstep;
  const P = arena.theta.length;
  const allParameters: readonly Range[] = [{ offset: 0, length: P }];
  const wholeOnAllRanks = Array.from({ length: ranks }, () => allParameters);
  const rangesOfRanks = await lockstep.fromAll(arena.ownedRanges);
  const stateLength = Math.max(0, ...rangesOfRanks.flat().map(({ offset, length }) => offset + length));
  // A moving average is complete on every rank, since evaluations read it.
  const rangesOf = (slot: number) => (arena.state[slot] === arena.evaluatedTheta ? wholeOnAllRanks : rangesOfRanks);
  const everyRankHoldsAll = rangesOfRanks.every(
    (ranges) => ranges.reduce((sum, { length }) => sum + length, 0) === stateLength,
  );
  const buffers = new Map<string, readonly Elements[]>();

  /** Sends each rank its `ranges` of rank 0's `from`: in each round, one piece to each rank that has some left. */
  async function send(to: Elements, from: Elements, ranges: readonly (readonly Range[])[]): Promise<void> {
    if (isFirst) await inTurns(packRanges(to, from, ranges[0]));
    if (ranks === 1) return;
    const pieces = ranges.map(piecesOf);
    const rounds = Math.max(...pieces.slice(1).map(({ length }) => length));
    // Ranks with the same ranges share a buffer, which holds a piece of each round.
    const sendBuffers = new Map<readonly Range[], Elements>();
    for (let peer = 1; isFirst && peer < ranks; peer++) {
      const maxLength = Math.max(0, ...pieces[peer].map(({ length }) => length));
      if (!sendBuffers.has(ranges[peer])) sendBuffers.set(ranges[peer], sharedArrays[typeOf(from)](maxLength));
    }
    let receivedCount = 0;
    for (let round = 0; round < rounds; round++) {
      const transfers: Transfer[] = [];
      if (isFirst) {
        for (let peer = 1; peer < ranks; peer++) {
          const piece = pieces[peer][round];
          const buffer = sendBuffers.get(ranges[peer]);
          if (piece === undefined || buffer === undefined) continue;
          const isFirstPeer = ranges.indexOf(ranges[peer], 1) === peer;
          if (isFirstPeer) buffer.set(viewOf(from, piece.offset, piece.length));
          transfers.push({ kind: 'send', peer, numbers: transferView(buffer, 0, piece.length) });
        }
      } else if (pieces[rank][round] !== undefined) {
        const { length } = pieces[rank][round];
        transfers.push({ kind: 'receive', peer: 0, numbers: transferView(to, receivedCount, length) });
        receivedCount += length;
      }
      await lockstep.move(transfers);
    }
  }

  async function gather(
    state: readonly Elements[],
    bufferName: string,
    forAll = false,
  ): Promise<readonly Elements[] | null> {
    const receivers = forAll ? [...rangesOfRanks.keys()] : [0];
    const receives = receivers.includes(rank);
    if (everyRankHoldsAll) return receives ? state : null;
    const dividedArrays = state.filter((_, slot) => rangesOf(slot) === rangesOfRanks);
    const gatheredArrays = receives ? buffersOf(buffers, bufferName, dividedArrays, stateLength) : [];
    const transfers: Transfer[] = [];
    for (const [k, part] of dividedArrays.entries()) {
      for (const to of receivers) {
        for (const from of rangesOfRanks.keys()) {
          if (from === to) continue;
          let partOffset = 0;
          for (const { offset, length } of rangesOfRanks[from]) {
            if (from === rank)
              transfers.push({ kind: 'send', peer: to, numbers: transferView(part, partOffset, length) });
            if (to === rank)
              transfers.push({ kind: 'receive', peer: from, numbers: transferView(gatheredArrays[k], offset, length) });
            partOffset += length;
          }
        }
      }
      if (receives) await inTurns(unpackRanges(gatheredArrays[k], part, rangesOfRanks[rank]));
    }
    await lockstep.move(transfers);
    if (!receives) return null;
    return state.map((array) => (dividedArrays.includes(array) ? gatheredArrays[dividedArrays.indexOf(array)] : array));
  }

  return {
    broadcast: (to, from) => send(to, from, wholeOnAllRanks),
    scatter: (slot, to, from) => send(to, from, rangesOf(slot)),
    gather,
  };
}

/** The arrays of a run lie in shared memory, hence the cast. */
const transferView = (array: Elements, offset: number, length: number): SharedNumbers =>
  viewOf(array, offset, length) as SharedNumbers;

const piecesOf = (ranges: readonly Range[]): readonly Range[] =>
  ranges.flatMap(({ offset, length }) =>
    Array.from({ length: Math.ceil(length / PIECE_NUMBERS) }, (_, k) => ({
      offset: offset + k * PIECE_NUMBERS,
      length: Math.min(PIECE_NUMBERS, length - k * PIECE_NUMBERS),
    })),
  );

/** Copies the ranges of `from`, one after the other, into `to`. */
function* packRanges(to: Elements, from: Elements, ranges: readonly Range[]): Pausable<void> {
  let packedOffset = 0;
  for (const { offset, length } of ranges) {
    yield* copyArray(viewOf(to, packedOffset, length), viewOf(from, offset, length));
    packedOffset += length;
  }
}

/** The reverse: copies `from` into the ranges of `to`. */
function* unpackRanges(to: Elements, from: Elements, ranges: readonly Range[]): Pausable<void> {
  let packedOffset = 0;
  for (const { offset, length } of ranges) {
    yield* copyArray(viewOf(to, offset, length), viewOf(from, packedOffset, length));
    packedOffset += length;
  }
}

/** Arrays of a run, allocated once: V8 does not count shared memory. */
function buffersOf(
  buffers: Map<string, readonly Elements[]>,
  bufferName: string,
  like: readonly Elements[],
  length: number,
): readonly Elements[] {
  const buffer = buffers.get(bufferName);
  if (buffer !== undefined) return buffer;
  const newBuffer = like.map((array) => sharedArrays[typeOf(array) satisfies ElementType](length));
  buffers.set(bufferName, newBuffer);
  return newBuffer;
}

type Saved = Pick<RunArrays, 'parameters' | 'state' | 'scalars' | 'scheduleState'>;

/** Overwrites the state of a run, or a copy of it, with the state in rank 0's checkpoint. */
export async function restoreArrays(
  { theta, state, scalars, scheduleState }: Pick<Arena, 'theta' | 'state' | 'scalars' | 'scheduleState'>,
  savedArrays: Saved,
  shares: StateShares,
): Promise<void> {
  await shares.broadcast(theta, savedArrays.parameters);
  for (const [slot, array] of state.entries()) await shares.scatter(slot, array, savedArrays.state[slot]);
  scalars.set(savedArrays.scalars);
  scheduleState.set(savedArrays.scheduleState);
}
