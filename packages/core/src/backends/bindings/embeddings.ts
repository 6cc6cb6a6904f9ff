import { addressOf } from '../../program/address.ts';
import type { embeddingBackward } from '../../program/reference/embedding.ts';
import type { CodeLayout } from '../code.ts';
import { elementwise as table } from '../formulas/index.ts';
import { elementwiseArguments } from '../kernels/elementwise.ts';
import { LISTED_WORDS as WORDS } from '../kernels/listed-sums.ts';
import type { BindCall, CallTape } from './call-tape.ts';
import { PIECES_SCRATCH } from './matrices/column-sums.ts';
import { groupsOf } from './matrices/matrices.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

const fillArguments = elementwiseArguments(table.fill);
const NOWHERE = -1;

/** Maximum number of positions that are listed for a call, and of their pieces. */
const MAX_POSITIONS = PIECES_SCRATCH;
const MAX_PIECES = Math.floor(PIECES_SCRATCH / WORDS.count);

/** Words before the list. */
const LIST = WORDS.count * MAX_PIECES;

/** Offsets of rows are words. */
const MAX_BYTES = 4_294_967_296;

/** Makes calls of gradients of embeddings; null for other operations, and for empty ones. */
export function createEmbeddings(
  layout: CodeLayout,
  tape: CallTape,
  { maskOf, sizesOf, bytes }: Pick<PanelMemory, 'maskOf' | 'sizesOf' | 'bytes'>,
  scratch: Float64Array, // [PIECES_SCRATCH]
): BindCall {
  const { elementwise, width: lanes } = layout;
  const words = new Int32Array(scratch.buffer, scratch.byteOffset, 2 * PIECES_SCRATCH);
  const scratchAt = addressOf(scratch);

  return ({ op, args }) => {
    if (op.name !== 'embeddingBackward') return null;
    const [dE, firstPosition, nextPosition, sums, leafOf, x, dy, B, k, leafRows, accumulate, V, width] =
      args as Parameters<typeof embeddingBackward>;
    const row = bytes * width;
    if (V * width === 0 || Math.max(V, B * k) * row >= MAX_BYTES) return null;
    const [dEAt, sumsAt] = [addressOf(dE), addressOf(sums)];
    const { kernel, vectors } = layout.listedSums;
    const groups = groupsOf(width, vectors, lanes, maskOf);
    const [first, next] = [wordsOf(firstPosition, V), wordsOf(nextPosition, B * k)];
    const leafPositions = k * leafRows;
    const call = Float64Array.of(dEAt, addressOf(dy), 0, ...groups, scratchAt, scratchAt + 4 * LIST, 0, row);
    const cleared = [dEAt, 0, ...sizesOf(V * width)] as const;
    const fill = elementwise.fill;

    let pieces = 0;
    let positions = 0; // listed
    let firstOfPiece = 0; // among them
    let begins = 1; // see `LISTED_WORDS`
    let depth = 0; // of the stack after the last piece
    let depthBefore = 0; // all pieces

    function run(): void {
      call[2] = sumsAt + row * depthBefore;
      call[call.length - 2] = pieces;
      tape.writeAll(kernel, call);
      tape.run();
      pieces = 0;
      positions = 0;
      firstOfPiece = 0;
      depthBefore = depth;
    }

    function endPiece(merges: number, isResult: number, v: number): void {
      const at = WORDS.count * pieces++;
      words[at + WORDS.rows] = positions - firstOfPiece;
      words[at + WORDS.begins] = begins;
      words[at + WORDS.merges] = merges;
      words[at + WORDS.isResult] = isResult;
      words[at + WORDS.result] = row * v;
      depth += begins - merges - isResult;
      begins = 1;
      firstOfPiece = positions;
      if (pieces === MAX_PIECES || positions === MAX_POSITIONS) run();
    }

    return () => {
      if (!accumulate) tape.write(fillArguments, fill, ...cleared);
      first.fill(NOWHERE);
      for (let p = next.length - 1; p >= 0; p--) {
        const v = x[p] | 0;
        next[p] = first[v];
        first[v] = p;
      }
      for (let v = 0; v < V; v++) {
        if (first[v] === NOWHERE) continue;
        let level = -1;
        let end = 0; // of the positions of the leaf
        for (let p = first[v]; p !== NOWHERE; p = next[p]) {
          if (p >= end) {
            const leafOfPosition = Math.floor(p / leafPositions);
            if (level >= 0) {
              // As in plain code: neighbours that are closer to each other in the tree than to this leaf are joined
              // before it.
              let joined = 0;
              while (
                level > 0 &&
                Math.clz32(leafOf[level - 1] ^ leafOf[level]) > Math.clz32(leafOf[level] ^ leafOfPosition)
              ) {
                level--;
                joined++;
              }
              endPiece(joined, 0, v);
            }
            leafOf[++level] = leafOfPosition;
            end = (leafOfPosition + 1) * leafPositions;
          }
          if (positions === MAX_POSITIONS) {
            endPiece(0, 0, v);
            begins = 0;
          }
          words[LIST + positions++] = row * p;
        }
        endPiece(level, 1, v);
      }
      if (pieces > 0) run();
      else tape.run();
    };
  };
}

/** The first `length` words of doubles that are scratch. */
const wordsOf = ({ buffer, byteOffset }: Float64Array, length: number): Int32Array =>
  new Int32Array(buffer, byteOffset, length);
