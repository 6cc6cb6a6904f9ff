import type { ElementType } from '../../../math/element-type.ts';
import type { Doubles, Quads, Vector } from '../isa.ts';
import { createPairedQuads } from '../paired-quads.ts';
import { type FunctionWriter, type LiveLanes, offsetBy, type WasmAddress } from './function-writer.ts';
import { F64X2_ADD, LOAD32_ZERO, LOAD64_ZERO } from './module.ts';
import type { WasmUnit } from './vectors.ts';

/** Quad k is vector k of four floats, or the vectors 2k and 2k + 1 of two doubles each. */
export function createQuads(
  writer: FunctionWriter,
  liveLanes: LiveLanes,
  type: ElementType,
  unit: WasmUnit,
): Quads<WasmAddress> {
  if (type === 'float32') return unit;
  const { loadVector } = writer;
  const set = (x: Vector): void => writer.set(writer.register(x));
  const loadLower = (to: Vector, from: WasmAddress): void => {
    loadVector(LOAD64_ZERO, from);
    set(to);
  };
  return createPairedQuads(unit, (address, half) => offsetBy(address, 16 * half), {
    loadMask: (from) => liveLanes.count(from, 4, 8),
    loadMasked(to, from) {
      unit.clear(2 * to + 1);
      liveLanes.pushEquals(1);
      writer.block(
        'if',
        () => loadLower(2 * to, from),
        () => {
          unit.load(2 * to, from);
          liveLanes.pushEquals(3);
          writer.block('if', () => loadLower(2 * to + 1, offsetBy(from, 16)));
          liveLanes.pushEquals(4);
          writer.block('if', () => unit.load(2 * to + 1, offsetBy(from, 16)));
        },
      );
    },
    transpose(a, b) {
      for (let k = 0; k < 4; k++) {
        for (const half of [0, 1]) {
          const row = 2 * (a + 2 * half) + (k >> 1);
          const lane = 8 * (k % 2);
          for (const x of [row, row + 2]) writer.get(writer.register(x));
          // i8x16.shuffle
          writer.vector(13, ...[lane, 16 + lane].flatMap((from) => Array.from({ length: 8 }, (_, i) => from + i)));
          set(2 * (b + k) + half);
        }
      }
      return b;
    },
  });
}

/** Single doubles, in the lower halves of vectors. */
export function createDoubles(writer: FunctionWriter, type: ElementType): Doubles<WasmAddress> {
  const { loadVector, vector } = writer;
  const get = (x: Vector): void => writer.get(writer.register(x));
  const set = (x: Vector): void => writer.set(writer.register(x));
  return {
    load(to, from) {
      loadVector(LOAD64_ZERO, from);
      set(to);
    },
    store(to, from) {
      const offset = writer.pushBase(to);
      get(from);
      writer.storeVector(0x5b, offset, 0); // v128.store64_lane
    },
    addElement(sum, from) {
      get(sum);
      loadVector(type === 'float64' ? LOAD64_ZERO : LOAD32_ZERO, from);
      if (type === 'float32') vector(0x5f); // f64x2.promote_low_f32x4
      vector(F64X2_ADD);
      set(sum);
    },
    addProduct(sum, x, y) {
      get(sum);
      loadVector(LOAD64_ZERO, x);
      loadVector(LOAD64_ZERO, y);
      vector(0xf2); // f64x2.mul
      vector(F64X2_ADD);
      set(sum);
    },
    readWhole(to, from) {
      get(from);
      vector(33, 0); // f64x2.extract_lane
      writer.emit(0xfc, 2); // i32.trunc_sat_f64_s
      writer.set(to);
    },
  };
}
