import { addressOf } from '../../program/address.ts';
import type { Bound } from '../../program/kernels.ts';
import type { embeddingBackward } from '../../program/reference/embedding.ts';
import type { CodeLayout } from '../code.ts';
import { listedSumsArguments, LISTED_WORDS as WORDS } from '../kernels/listed-sums.ts';
import { createArrayCall } from './array-calls.ts';
import { type BindCall, bindByName, type CallTape } from './call-tape.ts';
import { PIECES_SCRATCH } from './matrices/column-sums.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Ends a list of positions. */
const NO_POSITION = -1;

/** Maximum number of positions that are listed for a call, and of pieces. */
const MAX_POSITIONS = PIECES_SCRATCH;
const MAX_PIECES = Math.floor(PIECES_SCRATCH / WORDS.count);

/** Index of the first word of the list of positions, which follows the table of pieces. */
const LIST_START = WORDS.count * MAX_PIECES;

/** Offsets of rows are words of 32 bits. */
const MAX_BYTES = 4_294_967_296;

// Values of the word `isResult`.
const STAYS_ON_STACK = 0;
const IS_RESULT = 1;

/** Makes calls of gradients of embeddings; null for other operations, and for empty ones. */
export function createEmbeddings(
  layout: CodeLayout,
  tape: CallTape,
  memory: PanelMemory,
  scratch: Float64Array, // [PIECES_SCRATCH]
): BindCall {
  const { groupsOf, bytes } = memory;
  const words = new Int32Array(scratch.buffer, scratch.byteOffset, 2 * PIECES_SCRATCH);
  const scratchAt = addressOf(scratch);

  function bindEmbeddingBackward(...args: Parameters<typeof embeddingBackward>): Bound | null {
    const [dE, firstPosition, nextPosition, sums, leafAt, x, dy, B, k, leafRows, accumulate, V, width] = args;
    const rowBytes = bytes * width; // of dE, dy and sums
    if (V * width === 0 || Math.max(V, B * k) * rowBytes >= MAX_BYTES) return null;
    const [dEAt, dyAt, sumsAt] = [dE, dy, sums].map(addressOf);
    const { kernel, vectors } = layout.listedSums;
    const [mask, groups, pairs, singles, rest] = groupsOf(width, vectors);
    const [first, next] = [wordsOf(firstPosition, V), wordsOf(nextPosition, B * k)];
    const leafPositions = k * leafRows;
    const listAt = scratchAt + 4 * LIST_START;
    const fill = createArrayCall('fill', layout, tape, memory);

    let pieces = 0; // of the call that is being listed
    let positions = 0; // listed for this call
    let pieceStart = 0; // index in the list of the next piece's first position
    let begins = 1; // of the next piece, see `LISTED_WORDS`
    let depth = 0; // sums on the stack after the last piece
    let callDepth = 0; // sums on the stack before the call

    /** Writes the call for the listed pieces, and runs the tape. */
    function run(): void {
      const top = sumsAt + rowBytes * callDepth;
      // Each by its name: a list that is spread would be a new array in every step.
      tape.write(
        listedSumsArguments,
        kernel,
        dEAt,
        dyAt,
        top,
        mask,
        groups,
        pairs,
        singles,
        rest,
        scratchAt,
        listAt,
        pieces,
        rowBytes,
      );
      tape.run();
      pieces = 0;
      positions = 0;
      pieceStart = 0;
      callDepth = depth;
    }

    /** Lists a piece of the positions since the last one. `v` is the row of dE that a result is added to. */
    function endPiece(merges: number, isResult: number, v: number): void {
      const at = WORDS.count * pieces++;
      words[at + WORDS.rows] = positions - pieceStart;
      words[at + WORDS.begins] = begins;
      words[at + WORDS.merges] = merges;
      words[at + WORDS.isResult] = isResult;
      words[at + WORDS.result] = rowBytes * v;
      depth += begins - merges - isResult;
      begins = 1;
      pieceStart = positions;
      if (pieces === MAX_PIECES || positions === MAX_POSITIONS) run();
    }

    return () => {
      if (!accumulate) fill(dEAt, 0, V * width);
      // Links the positions p of each v = x[p], ascending: first[v] is the first one, next[p] the one after p.
      first.fill(NO_POSITION);
      for (let p = next.length - 1; p >= 0; p--) {
        const v = x[p] | 0;
        next[p] = first[v];
        first[v] = p;
      }
      for (let v = 0; v < V; v++) {
        if (first[v] === NO_POSITION) continue;
        let level = -1; // index in `leafAt` of the last leaf on the stack
        let end = 0; // the position after the last of the leaf
        for (let p = first[v]; p !== NO_POSITION; p = next[p]) {
          if (p >= end) {
            const leaf = Math.floor(p / leafPositions);
            if (level >= 0) {
              // As in plain code: neighbours that are closer to each other in the tree than to this leaf are joined
              // before it.
              let merges = 0;
              while (level > 0 && Math.clz32(leafAt[level - 1] ^ leafAt[level]) > Math.clz32(leafAt[level] ^ leaf)) {
                level--;
                merges++;
              }
              endPiece(merges, STAYS_ON_STACK, v);
            }
            leafAt[++level] = leaf;
            end = (leaf + 1) * leafPositions;
          }
          if (positions === MAX_POSITIONS) {
            endPiece(0, STAYS_ON_STACK, v); // the list is full: the next piece goes on with this sum
            begins = 0;
          }
          words[LIST_START + positions++] = rowBytes * p;
        }
        endPiece(level, IS_RESULT, v); // joins all sums on the stack
      }
      if (pieces > 0) run();
      else tape.run();
    };
  }

  return bindByName({ embeddingBackward: bindEmbeddingBackward });
}

/** The first `length` 32-bit words of an array of doubles. */
const wordsOf = ({ buffer, byteOffset }: Float64Array, length: number): Int32Array =>
  new Int32Array(buffer, byteOffset, length);
