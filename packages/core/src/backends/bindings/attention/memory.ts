import { LANES } from '../../kernels/row-lanes.ts';
import { MAX_BLOCK_ROWS, MAX_PANEL } from '../panels/panel-memory.ts';
import { placeArrays } from '../scratch-arrays.ts';

/**
 * Queries that are taken at a time. Causal queries leave unused about half of the scores of their own block's keys, so
 * larger blocks waste more, and smaller ones need more calls.
 */
export const QUERIES = 16;
/** Heads that are taken at a time, if one block has all of their queries and keys. */
const HEADS = 8;

const LINE = 64;

/** Bytes of an array, and of the vector that a kernel may write beyond it. */
const roomOf = (numbers: number): number => (Math.floor((8 * numbers + LINE - 1) / LINE) + 1) * LINE;

/** Bytes of a row of scores of S keys: whole lines, and one that stays free, so that rows share no set of a cache. */
export const scoreRow = (S: number, bytes: number): number => (Math.floor((bytes * S + LINE - 1) / LINE) + 1) * LINE;

/** Bytes of packed panels of up to R rows by N columns. */
const panelBytes = (R: number, N: number): number => roomOf((R + MAX_BLOCK_ROWS) * (N + MAX_PANEL / 8));

/** Bytes of each array in scratch, for heads of d numbers, and up to T queries and T keys. */
function sizesOf(d: number, T: number) {
  const heads = T > QUERIES ? 1 : HEADS;
  const keys = panelBytes(d, T);
  const rows = panelBytes(T, d);
  const scores = heads * QUERIES * scoreRow(T, 8) + LINE;
  return {
    keyColumns: keys,
    valueColumns: keys,
    keyRows: rows,
    valueRows: rows,
    queryRows: rows,
    scores,
    slopes: scores,
    dropped: scores,
    limits: QUERIES * scoreRow(T, 8),
    terms: roomOf(T * d),
    D: roomOf(heads * T + LANES),
    rowResults: roomOf(heads * QUERIES + LANES),
    lanes: roomOf(LANES * LANES),
    maximaStart: roomOf(LANES * LANES),
  };
}

export type AttentionArrays = Readonly<Record<keyof ReturnType<typeof sizesOf>, number>>;

/** Doubles of scratch, for either type. */
export const attentionScratch = (d: number, T: number): number =>
  Object.values(sizesOf(d, T)).reduce((sum, size) => sum + size, 0) / 8;

/** Addresses of the arrays. Scores begin after a free line. */
export function arraysFrom(start: number, d: number, T: number): AttentionArrays {
  const arrays = placeArrays(start, sizesOf(d, T));
  const { scores, slopes, dropped } = arrays;
  return { ...arrays, scores: scores + LINE, slopes: slopes + LINE, dropped: dropped + LINE };
}

/** How many heads are taken at once from `head` on: several if one block holds all queries and keys of each. */
export function headsAt(
  head: number,
  queryLengths: Float64Array,
  keyLengths: Float64Array,
  B: number,
  T: number,
  S: number,
  H: number,
): number {
  const isWhole = (head: number): boolean => {
    const n = Math.floor(head / H);
    return queryLengths[n] >= T && keyLengths[n] >= S;
  };
  let heads = 1;
  if (Math.max(T, S) > QUERIES || !isWhole(head)) return heads;
  while (heads < HEADS && head + heads < B * H && isWhole(head + heads)) heads++;
  return heads;
}

/** Positions of row n before its padding. */
export const realLengthOf = (lengths: Float64Array, n: number, T: number): number => Math.min(lengths[n], T);
