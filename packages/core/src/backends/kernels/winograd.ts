import { bitsOf } from '../formulas/formula.ts';
import { defineArguments } from '../isa/arguments.ts';
import type { Isa, Pointer, Stride, Vector } from '../isa/isa.ts';
import { type Channels, forEachPixel, sharedArguments } from './windows.ts';

// Kernels of Winograd's convolution, see program/reference/winograd.ts. Each goes through the tiles of images, where a
// transformed tile has one row in each of 16 planes; `taps` and `lines` are not read.

export const winogradArguments = defineArguments(
  ...sharedArguments,
  ['plane', 'stride'], // distance of planes
  ['bias', 'array'], // of the outputs
);

/** The numbers of a line of four that a transform combines: of inputs, and of the sums that become outputs. */
const INPUT_TERMS = [
  [0, 'subtract', 2],
  [1, 'add', 2],
  [2, 'subtract', 1],
  [1, 'subtract', 3],
] as const;

/** A pointer to row `row` of a window. */
function rowOf(isa: Isa, window: Pointer, offset: number, line: Stride, row: number): Pointer {
  const pointer = isa.pointTo(isa.at(window, offset));
  for (let k = 0; k < row; k++) isa.advance(pointer, line);
  return pointer;
}

/** Pixel = the transform of its window of 4 x 4 pixels. */
function assembleInput(isa: Isa, channels: Channels): number {
  const unit = isa.formulas;
  const scratch = 4; // after a row of the tile
  return isa.kernel(winogradArguments, (call) => {
    const [plane, tap, line] = [isa.load(call.plane), isa.load(call.tap), isa.load(call.line)];
    forEachPixel(isa, call, channels, (pixel, window, each) =>
      each((_v, offset, load, store) =>
        isa.scope(() => {
          const to = isa.pointTo(isa.at(pixel, offset));
          for (const [upper, operation, lower] of INPUT_TERMS) {
            isa.scope(() =>
              isa.eachRow(rowOf(isa, window, offset, line, upper), tap, 4, (from, j) => load(j, isa.at(from))),
            );
            isa.scope(() =>
              isa.eachRow(rowOf(isa, window, offset, line, lower), tap, 4, (from, j) => {
                load(scratch, isa.at(from));
                unit[operation](j, j, scratch);
              }),
            );
            for (const [left, operation, right] of INPUT_TERMS) {
              unit[operation](scratch, left, right);
              store(isa.at(to), scratch);
              isa.advance(to, plane);
            }
          }
        }),
      ),
    );
  });
}

/** Pixel = the transform of its window of 3 x 3 weights. */
function assembleWeights(isa: Isa, channels: Channels): number {
  const unit = isa.formulas;
  const [scratch, half] = [3, 4]; // after a row of the window
  return isa.kernel(winogradArguments, (call) => {
    const [plane, tap, line] = [isa.load(call.plane), isa.load(call.tap), isa.load(call.line)];
    unit.loadLiteral(half, unit.literal(bitsOf(0.5, isa.type)));
    /** to = ((a + c) + b) / 2, or with - b. */
    const halfSum = (to: Vector, a: Vector, b: Vector, c: Vector, operation: 'add' | 'subtract'): void => {
      unit.add(to, a, c);
      unit[operation](to, to, b);
      unit.multiply(to, to, half);
    };
    forEachPixel(isa, call, channels, (pixel, window, each) =>
      each((_v, offset, load, store) =>
        isa.scope(() => {
          const to = isa.pointTo(isa.at(pixel, offset));
          const storeNext = (from: Vector): void => {
            store(isa.at(to), from);
            isa.advance(to, plane);
          };
          const loadRow = (row: number, act: (j: number, from: Pointer) => void): void =>
            isa.scope(() => isa.eachRow(rowOf(isa, window, offset, line, row), tap, 3, (from, j) => act(j, from)));
          for (let i = 0; i < 4; i++) {
            loadRow(i === 3 ? 2 : 0, (j, from) => load(j, isa.at(from)));
            if (i === 1 || i === 2) {
              for (const [row, operation] of [
                [2, 'add'],
                [1, i === 1 ? 'add' : 'subtract'],
              ] as const) {
                loadRow(row, (j, from) => {
                  load(scratch, isa.at(from));
                  unit[operation](j, j, scratch);
                });
              }
              for (let j = 0; j < 3; j++) unit.multiply(j, j, half);
            }
            storeNext(0);
            for (const operation of ['add', 'subtract'] as const) {
              halfSum(scratch, 0, 1, 2, operation);
              storeNext(scratch);
            }
            storeNext(2);
          }
        }),
      ),
    );
  });
}

/** The 2 x 2 pixels from `pixel` on = the transform of its window of sums, plus the bias. */
function assembleOutput(isa: Isa, channels: Channels): number {
  const unit = isa.formulas;
  const [upper, lower, sum, bias] = [0, 4, 8, 9]; // registers: four sums of each row of outputs
  return isa.kernel(winogradArguments, (call) => {
    const [plane, tap, line] = [isa.load(call.plane), isa.load(call.tap), isa.load(call.line)];
    const biases = isa.spill(call.bias);
    forEachPixel(isa, call, channels, (pixel, window, each) =>
      each((_v, offset, load, store) => {
        isa.scope(() => {
          const from = isa.pointTo(isa.at(window, offset));
          for (let i = 0; i < 4; i++) {
            for (let j = 0; j < 4; j++) {
              load(i === 0 ? upper + j : i === 1 ? lower + j : sum, isa.at(from));
              if (i > 0 && i < 3) unit.add(upper + j, upper + j, i === 1 ? lower + j : sum);
              if (i > 1) unit.subtract(lower + j, lower + j, sum);
              isa.advance(from, plane);
            }
          }
        });
        isa.scope(() => load(bias, isa.at(isa.load(biases), offset)));
        // Outputs beyond the image have the address of the one before, which is stored after them.
        for (const [row, first] of [
          [1, lower],
          [0, upper],
        ] as const) {
          isa.scope(() => {
            const to = rowOf(isa, pixel, offset, line, row);
            unit.subtract(sum, first + 1, first + 2);
            unit.subtract(sum, sum, first + 3);
            unit.add(sum, sum, bias);
            store(isa.atStride(to, tap, 0), sum);
            unit.add(sum, first, first + 1);
            unit.add(sum, sum, first + 2);
            unit.add(sum, sum, bias);
            store(isa.at(to), sum);
          });
        }
      }),
    );
  });
}

/** The transforms of Winograd's convolution. */
export const winogradKernels = {
  input: assembleInput,
  weights: assembleWeights,
  output: assembleOutput,
} satisfies Record<string, (isa: Isa, channels: Channels) => number>;

export type WinogradKernel = keyof typeof winogradKernels;
