import { createElements, type Elements, type ElementType, elementTypes } from '../../math/element-type.ts';
import { fma, fmaf } from '../../math/fma.ts';
import { concat, END, list, section, text, unsigned } from '../native/isa/wasm/module.ts';
import { WasmApi, wasmProblem } from './webassembly.ts';

let known: boolean | undefined;

/**
 * Whether WebAssembly multiplies and adds with one rounding here, as processors with FMA do: relaxed SIMD leaves it to
 * the machine. It is tried once, on numbers whose sum differs otherwise, which takes a millisecond. GRADLOOM_UNFUSED=1
 * in the environment makes the trial fail, for tests.
 */
export function hasFusedWasm(): boolean {
  known ??= wasmProblem() === null && !isDeclined() && tryFused();
  return known;
}

/** The process of Node.js, and of engines that have one like it. */
interface NodeProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly versions?: { readonly v8?: string };
  getBuiltinModule?(name: 'v8'): { setFlagsFromString(flag: string): void } | undefined;
}

const nodeProcess = (globalThis as { readonly process?: NodeProcess }).process;

const isDeclined = (): boolean => nodeProcess?.env?.GRADLOOM_UNFUSED === '1';

function tryFused(): boolean {
  // Node 20 knows relaxed SIMD behind a flag, which works while the program runs.
  if (Number.parseInt(nodeProcess?.versions?.v8 ?? '', 10) < 12) {
    nodeProcess?.getBuiltinModule?.('v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const bytes = encodeTrial();
  if (!WasmApi.validate(bytes)) return false;
  const { exports } = new WasmApi.Instance(new WasmApi.Module(bytes), {});
  const { memory, ...trials } = exports as { memory: { buffer: ArrayBuffer } } & Record<ElementType, () => void>;
  return elementTypes.every((type) => isExact(type, memory.buffer, trials[type]));
}

/** Numbers of a type: x, y and z of each case. */
const cases: Record<ElementType, readonly (readonly [x: number, y: number, z: number])[]> = {
  float64: casesOf(2.220446049250313e-16, 5e-324, 1.7976931348623157e308),
  float32: casesOf(1.1920928955078125e-7, 1.401298464324817e-45, 3.4028234663852886e38),
};

/** Cases of a type whose numbers after 1 and after 0 are 1 + ε and `least`. */
function casesOf(epsilon: number, least: number, largest: number): [number, number, number][] {
  const next = 1 + epsilon;
  return [
    [next, next, -1 - 2 * epsilon], // the square of ε
    [next, 1 - epsilon, -1],
    [-next, next, 1 + 2 * epsilon],
    [largest, 2, -largest], // the product alone overflows
    [largest, largest, Number.NEGATIVE_INFINITY],
    [least, 0.5, least], // half of the last place
    [least, 0.75, 3 * least],
    [0, -1, 0],
    [-0, 1, -0],
    [Number.NaN, 1, 1],
    [Number.POSITIVE_INFINITY, 0, 1],
    [3, 7, 11],
  ];
}

function isExact(type: ElementType, buffer: ArrayBuffer, run: () => void): boolean {
  const own: Elements = createElements(type, 2);
  const lanes = 16 / own.BYTES_PER_ELEMENT;
  const view = type === 'float64' ? new Float64Array(buffer, 0, 4 * lanes) : new Float32Array(buffer, 0, 4 * lanes);
  return cases[type].every(([x, y, z]) => {
    for (const [k, value] of [x, y, z].entries()) view.fill(value, k * lanes, (k + 1) * lanes);
    run();
    own[0] = view[3 * lanes];
    own[1] = type === 'float64' ? fma(x, y, z) : fmaf(x, y, z);
    return Object.is(own[0], own[1]);
  });
}

/** A module with a memory, and a function for each type: the fourth vector of the memory = first · second + third. */
function encodeTrial(): Uint8Array {
  const load = (k: number) => [0x41, 0, 0xfd, 0, 0, 16 * k]; // i32.const 0, v128.load
  const trial = (opcode: number) => {
    const code = [0, 0x41, 0, ...load(0), ...load(1), ...load(2), 0xfd, ...unsigned(opcode), 0xfd, 11, 0, 48, END];
    return [...unsigned(code.length), ...code];
  };
  return concat(
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, list([[0x60, 0, 0]])),
    section(3, list([[0], [0]])),
    section(5, list([[0, 1]])),
    section(
      7,
      list([
        [...text('memory'), 2, 0],
        [...text('float64'), 0, 0],
        [...text('float32'), 0, 1],
      ]),
    ),
    section(10, list([trial(0x107), trial(0x105)])), // relaxed_madd of doubles and of floats
  );
}
