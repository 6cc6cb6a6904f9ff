import type { ElementType } from '../../../math/element-type.ts';
import { callOf } from '../create-isa.ts';
import type { Isa, Rows, Slot } from '../isa.ts';
import type { ArgumentSource, MemorySource } from '../sources.ts';
import { createFunctionWriter, createLiveLanes, type Local, type WasmAddress } from './function-writer.ts';
import { createDoubles, createQuads } from './lanes.ts';
import {
  type FunctionBody,
  I32,
  I32_ADD,
  I32_LOAD,
  I32_STORE,
  I32_SUB,
  I64,
  I64_LOAD,
  I64_STORE,
  type ValueType,
} from './module.ts';
import { createUnit } from './vectors.ts';

interface SlotSource extends Slot<never> {
  readonly kind: 'slot';
  readonly local: Local;
}
type AnySource = ArgumentSource | SlotSource | MemorySource<WasmAddress>;
type Value = Local | AnySource;

/** Options of the code. */
export interface WasmOptions {
  /** Whether terms of products are rounded once, by relaxed SIMD; else product and sum are rounded each. */
  readonly fused: boolean;
}

/** WebAssembly as an instruction set: registers are local variables, kernels are functions of a table. */
export interface WasmCode {
  readonly isa: Isa;
  /** Kernels so far. */
  kernelCount(): number;
  /** The kernels since the last call, and the index of the first one in the table. */
  takeKernels(): { readonly kernels: readonly FunctionBody[]; readonly first: number };
}

/**
 * Maximum number of rows of a tile of so many vectors: [vectors]. Higher tiles do not fit into the registers of x64
 * that V8 uses, and then take twice the time (GFLOP/s of floats in Node 20: 4x2 55, 5x2 27; fused 3x3 59, 4x3 30).
 */
const TILE_ROWS = { fused: [0, 7, 4, 3, 2], unfused: [0, 7, 4, 2, 2] };

/** Code for one element type. The kernels of a code are numbered from 0 on. */
export function createWasm(type: ElementType, { fused }: WasmOptions): WasmCode {
  const writer = createFunctionWriter();
  const liveLanes = createLiveLanes(writer);
  const { emit, get, set, tee, constant, take, scope, block } = writer;
  const isDouble = type === 'float64';
  const unit = createUnit(writer, liveLanes, type, type, fused);
  const loops: number[] = []; // depths of the open loops that can be left
  let functions: FunctionBody[] = [];
  let kernelCount = 0;

  function push(value: Value): void {
    if (typeof value === 'number') get(value);
    else if (value.kind === 'slot') get(value.local);
    else if ('address' in value) {
      writer.load(I32_LOAD, value.address); // of a long, the lower half
      if (value.kind === 'offset') {
        get(value.base);
        emit(I32_ADD);
      }
    } else writer.word(value.number);
  }
  /** Pops the top of the stack into a local variable that is free again at the end of the scope. */
  function pop(type: ValueType = I32): Local {
    const local = take(type);
    set(local);
    return local;
  }
  function load(value: Value): Local {
    push(value);
    return pop();
  }
  const inLocal = (value: Value): Local =>
    typeof value === 'number' ? value : value.kind === 'slot' ? value.local : load(value);
  /** target = the result of a binary instruction on `target` and `by`. */
  function change(target: Local | SlotSource, by: Value, opcode: number): void {
    const local = inLocal(target);
    get(local);
    push(by);
    emit(opcode);
    set(local);
  }
  const advance = (target: Local | SlotSource, by: Value): void => change(target, by, I32_ADD);
  const retreat = (target: Local | SlotSource, by: Value): void => change(target, by, I32_SUB);
  function skip(pointer: Local, bytes: number): void {
    get(pointer);
    constant(bytes);
    emit(I32_ADD);
    set(pointer);
  }

  function repeat(count: Value, body: () => void): void {
    scope(() => {
      const counter = inLocal(count);
      block('loop', () => {
        scope(body);
        get(counter);
        constant(1);
        emit(I32_SUB);
        tee(counter);
        emit(0x0d, 0); // br_if
      });
    });
  }

  const unlessZero = (value: Value, body: () => void, otherwise?: () => void): void => {
    push(value);
    block('if', body, otherwise);
  };

  const pointTo = (address: WasmAddress): Local => {
    const offset = writer.pushBase(address);
    if (offset > 0) {
      constant(offset);
      emit(I32_ADD);
    }
    return pop();
  };

  /** Each row has a pointer of its own. */
  function rows(stride: AnySource, M: number): Rows {
    const pointers = Array.from({ length: M }, () => take(I32));
    const [first] = pointers;
    const step = M > 1 ? load(stride) : first;
    const move = (by: Value, act: (pointer: Local, by: Value) => void): void =>
      scope(() => {
        const distance = inLocal(by);
        for (const pointer of pointers) act(pointer, distance);
      });
    return {
      first,
      start(from: Value) {
        push(from);
        set(first);
        for (let m = 1; m < M; m++) {
          get(pointers[m - 1]);
          get(step);
          emit(I32_ADD);
          set(pointers[m]);
        }
      },
      at: (m, offset = 0): WasmAddress => ({ base: pointers[m], offset }),
      advance: (by: Value) => move(by, advance),
      retreat: (by: Value) => move(by, retreat),
      skip(bytes) {
        for (const pointer of pointers) skip(pointer, bytes);
      },
    };
  }

  const at = (base: Local, offset = 0): WasmAddress => ({ base, offset });
  const loadBits = isDouble ? I64_LOAD : I32_LOAD;

  const isa: Isa = {
    type,
    vectors: unit,
    vectorRegisters: 14,
    tile: { vectors: 4, leafVectors: 4, factors: 1, narrowVectors: 1, rows: TILE_ROWS[fused ? 'fused' : 'unfused'] },
    formulas: unit,
    quads: createQuads(writer, liveLanes, type, unit),
    doubles: createDoubles(writer, type),
    wide: isDouble ? unit : createUnit(writer, liveLanes, 'float64', type, fused),
    maxRows: 8,

    code: () => new Uint8Array(0), // `takeKernels` has it
    kernel(table, body) {
      liveLanes.reset();
      body(callOf(table));
      functions.push(writer.finish());
      return kernelCount++;
    },
    scope,
    load: (source: AnySource) => load(source),
    spill(source: AnySource): SlotSource {
      const local = writer.declare(I32);
      push(source);
      set(local);
      return { kind: 'slot', isSlot: true, local };
    },
    store(slot: SlotSource, pointer) {
      get(pointer);
      set(slot.local);
    },
    writeAnswer(source: ArgumentSource, distance) {
      const offset = writer.pushBase(writer.argument(source.number));
      get(distance);
      emit(0xac); // i64.extend_i32_s
      writer.store(I64_STORE, offset);
    },
    word: (address: WasmAddress): AnySource => ({ kind: 'word', address }),
    long: (address: WasmAddress): AnySource => ({ kind: 'long', address }),
    offsetBy: (base, address: WasmAddress): AnySource => ({ kind: 'offset', base, address }),

    at,
    atStride: (pointer, stride, offset): WasmAddress => ({ base: pointer, index: stride, offset }),
    pair: (pointer, k, offset): WasmAddress => ({ base: pointer, index: k, shift: 3, offset }),
    element: (pointer, k): WasmAddress => ({ base: pointer, index: k, shift: isDouble ? 3 : 2 }),
    numberAt: ({ number }: ArgumentSource) => writer.argument(number),
    pointTo,
    memory() {
      constant(0);
      return pop();
    },
    data() {
      throw new Error('isa wasm: kernel reads data outside of the memory, expected arrays alone');
    },
    distance(from, to) {
      get(to);
      get(from);
      emit(I32_SUB);
      return pop();
    },
    advance,
    retreat,
    skip,

    rows: (stride: AnySource, M) => rows(stride, M),
    eachRow(from: Value, stride: Value, M, body) {
      scope(() => {
        const row = load(from);
        const step = M > 1 ? inLocal(stride) : row;
        for (let m = 0; m < M; m++) {
          if (m > 0) advance(row, step);
          scope(() => body(row, m));
        }
      });
    },

    repeat,
    repeatOrSkip(count: Value, body) {
      scope(() => {
        const counter = typeof count === 'number' ? count : load(count);
        unlessZero(counter, () => repeat(counter, body));
      });
    },
    unlessZero,
    loop(body) {
      block('block', () => {
        loops.push(writer.depth());
        block('loop', () => {
          scope(body);
          emit(0x0c, 0); // br
        });
        loops.pop();
      });
    },
    leaveIfZero(source: AnySource) {
      push(source);
      emit(0x45, 0x0d, writer.depth() - (loops.at(-1) as number)); // i32.eqz, br_if
    },

    zero() {
      constant(0);
      return pop();
    },
    storeWord(address: WasmAddress, value) {
      const offset = writer.pushBase(address);
      get(value);
      writer.store(I32_STORE, offset);
    },
    index(address: WasmAddress) {
      writer.load(isDouble ? 0x2b : 0x2a, address); // f64.load or f32.load
      emit(0xfc, isDouble ? 2 : 0); // i32.trunc_sat_f64_s: what is no integer is not used, but must not trap
      return pop();
    },
    multiply(count, by: Value) {
      change(count as Local, by, 0x6c); // i32.mul
      return count as Local;
    },
    loadBits(address: WasmAddress) {
      writer.load(loadBits, address);
      return pop(isDouble ? I64 : I32);
    },
    storeBits(address: WasmAddress, bits) {
      const offset = writer.pushBase(address);
      get(bits);
      writer.store(isDouble ? I64_STORE : I32_STORE, offset);
    },
    or(bits, address: WasmAddress) {
      get(bits);
      writer.load(loadBits, address);
      emit(isDouble ? 0x84 : 0x72); // i64.or or i32.or
      set(bits);
    },
    countUnlessZero(counter, bits) {
      get(counter);
      get(bits);
      emit(...(isDouble ? [0x42, 0, 0x52] : [0x41, 0, 0x47])); // i64.const 0, i64.ne; or of 32 bits
      emit(I32_ADD);
      set(counter);
    },
    prefetch() {},
    prefetchToWrite() {},
  };

  return {
    isa,
    kernelCount: () => kernelCount,
    takeKernels() {
      const kernels = functions;
      functions = [];
      return { kernels, first: kernelCount - kernels.length };
    },
  };
}
