import { type Elements, initializeParameters, type Tensor } from '@gradloom/core';
import { complete, findBadWeight, gradientLength, gradientStride, viewOf } from '@gradloom/core/internal';
import type { RunContext } from '../step/context.ts';
import { teamPrograms } from '../step/step-program.ts';
import { gradientRowsOfTeam } from '../step/team-part.ts';
import { CONTROL } from './barrier.ts';
import type { OpeningTask } from './protocol.ts';

const PAGE_BYTES = 4096;
/** Numbers whose pages are touched at a time. */
const CHUNK_ELEMENTS = 1 << 26;

/** A thread's part of `openTeam`. Changes no memory except for drawn weights. Returns whether those are finite. */
export function openThread(context: RunContext, { thread, threads, drawsWeights }: OpeningTask): boolean {
  const { network, arena, setup } = context;
  Atomics.add(setup.control, CONTROL.checkedIn, 1);
  // Only the rows that this team fills, although some smaller teams fill more.
  const filledLength = gradientRowsOfTeam(setup, threads) * gradientStride(setup.elementType, gradientLength(network));
  for (const array of [viewOf(arena.gSum, 0, filledLength), ...arena.state]) {
    const boundary = (t: number): number => Math.floor((t * array.length) / threads);
    touchPages(viewOf(array, boundary(thread), boundary(thread + 1) - boundary(thread)));
  }
  touchPages(arena.scratch[thread]);
  teamPrograms(context, threads, false);
  if (setup.probes) teamPrograms(context, threads, true);
  if (!drawsWeights) return true;
  // The middle of a tensor decides its thread, so each thread gets about as many weights.
  const isAssigned = ({ offset, length }: Pick<Tensor, 'offset' | 'length'>): boolean =>
    Math.floor(((offset + length / 2) / network.parameterCount) * threads) === thread;
  initializeParameters(network, arena.theta, setup.seed, isAssigned);
  if (arena.evaluatedTheta !== arena.theta) {
    // The moving average starts as a copy, which evaluations before the first step read.
    for (const { offset, length } of network.tensors.filter(isAssigned)) {
      viewOf(arena.evaluatedTheta, offset, length).set(viewOf(arena.theta, offset, length));
    }
  }
  return complete(findBadWeight(network, arena.theta, isAssigned)) === undefined;
}

/**
 * Reads and writes a byte of each page, so that the system provides it, without changing memory. Another thread may
 * draw weights there meanwhile, also into their moving average: reading and writing a plain byte would undo its write,
 * an atomic `or` does not. As bytes, because reading and writing a double may change a NaN; in parts, because no byte
 * array is long enough.
 */
export function touchPages(array: Elements): void {
  for (let from = 0; from < array.length; from += CHUNK_ELEMENTS) {
    const { buffer, byteOffset, byteLength } = viewOf(array, from, Math.min(CHUNK_ELEMENTS, array.length - from));
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let i = 0; i < byteLength; i += PAGE_BYTES) Atomics.or(bytes, i, 0);
  }
}
