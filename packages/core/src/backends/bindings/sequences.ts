import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { zeroPadding } from '../../program/reference/attention.ts';
import type { sequenceMeanBackward, sequenceMeanForward } from '../../program/reference/pooling.ts';
import type { rotate } from '../../program/reference/rotary.ts';
import type { CodeLayout } from '../code.ts';
import { PIECE_WORDS } from '../kernels/column-sums.ts';
import { LANES } from '../kernels/row-lanes.ts';
import { type BindCall, bindByName, type CallTape } from './call-tape.ts';
import { PIECES_SCRATCH, piecesOfRow } from './matrices/column-sums.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Makes calls of operations on the positions of rows; null for others, and for empty ones. */
export function createSequences(
  { rotate: kernels, moveKernels, columnSums, matrices, width }: CodeLayout,
  tape: CallTape,
  { maskOf, groupsOf, bytes }: PanelMemory,
  scratch: Float64Array, // [PIECES_SCRATCH]
): BindCall {
  const table = new Int32Array(scratch.buffer, scratch.byteOffset, 2 * PIECES_SCRATCH);
  const tableAt = addressOf(scratch);
  const tables: Int32Array[] = []; // tables of pieces, by the number of real positions

  const clearPadding = (x: Elements, lengths: Float64Array, B: number, T: number, C: number): readonly number[] => {
    const sizes = [T, C, bytes * T * C, B, maskOf(0), width, bytes];
    return [moveKernels.clearPadding, addressOf(x), addressOf(lengths), ...sizes];
  };

  return bindByName({
    zeroPadding: (...[x, lengths, B, T, C]: Parameters<typeof zeroPadding>) =>
      B * C === 0 ? null : [clearPadding(x, lengths, B, T, C)],

    rotate(...[qkv, angles, B, T, H, d, step, inverse]: Parameters<typeof rotate>) {
      const half = Math.floor(d / 2);
      if (B * T * H * half === 0) return null;
      const left = half % width;
      const rest = left % LANES;
      const sizes = [B, T, H, bytes * (step - H * d), bytes * half];
      const vectors = [(half - left) / width, (left - rest) / LANES, bytes * rest];
      return [
        [kernels[inverse ? 'back' : 'forth'], addressOf(qkv), addressOf(angles), maskOf(rest), ...sizes, ...vectors],
      ];
    },

    sequenceMeanForward(...[y, levels, x, lengths, B, T, C]: Parameters<typeof sequenceMeanForward>) {
      if (B * C === 0 || piecesOfRow(T).length > table.length) return null;
      const { kernel, vectors } = columnSums.plain;
      const [xAt, yAt, levelsAt] = [x, y, levels].map(addressOf);
      const row = bytes * C;
      // x, y, table, pieces and divisor are 0 until they are set for each row.
      const call = Float64Array.of(0, 0, levelsAt, ...groupsOf(C, vectors), 0, 0, row, 0);
      const last = call.length - 1;
      return () => {
        for (let n = 0, usedBytes = 0; n < B; n++) {
          const realLength = Math.min(lengths[n], T);
          tables[realLength] ??= piecesOfRow(realLength);
          const words = tables[realLength];
          if (usedBytes + words.length > table.length) {
            tape.run();
            usedBytes = 0;
          }
          for (let w = 0; w < words.length; w++) table[usedBytes + w] = words[w];
          call[0] = xAt + n * T * row;
          call[1] = yAt + n * row;
          call[last - 3] = tableAt + 4 * usedBytes;
          call[last - 2] = words.length / PIECE_WORDS.count;
          call[last] = realLength;
          tape.writeAll(kernel, call);
          usedBytes += words.length;
        }
        tape.run();
      };
    },

    sequenceMeanBackward(...[dx, dy, lengths, B, T, C]: Parameters<typeof sequenceMeanBackward>) {
      if (B * C === 0) return null;
      const { kernel, vectors } = matrices.globalAvgPoolBackward;
      const [dxAt, dyAt] = [dx, dy].map(addressOf);
      const row = bytes * C;
      // dy, dx, R and count are 0 until they are set for each row.
      const call = Float64Array.of(0, 0, 0, ...groupsOf(C, vectors), 0, row);
      const [clearKernel, ...clearValues] = clearPadding(dx, lengths, B, T, C);
      const clearArguments = Float64Array.from(clearValues);
      return () => {
        for (let n = 0; n < B; n++) {
          const realLength = Math.min(lengths[n], T);
          call[0] = dyAt + n * row;
          call[1] = dxAt + n * T * row;
          call[2] = realLength;
          call[call.length - 2] = realLength;
          tape.writeAll(kernel, call);
        }
        tape.writeAll(clearKernel, clearArguments);
        tape.run();
      };
    },
  });
}
