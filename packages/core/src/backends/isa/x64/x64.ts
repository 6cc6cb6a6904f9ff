import type { ElementType } from '../../../math/element-type.ts';
import { createIsa } from '../create-isa.ts';
import type { FormulaUnit, Isa, TileRegisters } from '../isa.ts';
import { createRegisters } from '../registers.ts';
import { createSources } from '../sources.ts';
import { type Address, type Assembler, createAssembler } from './assembler.ts';
import { createAvx2 } from './avx2.ts';
import { createAvx512 } from './avx512.ts';
import type { ConventionName } from './convention.ts';
import type { VectorUnit } from './forms.ts';
import { assemblePlayer, frameOf, registerFile } from './player.ts';
import { createRowPointers, MAX_ROWS } from './rows.ts';

/** Code for x64 processors with an extension, for one element type and calling convention. */
export function createX64(name: UnitName, type: ElementType, convention: ConventionName = 'systemV', origin = 0): Isa {
  const { registers: vectorRegisters, reserved, tile, createUnit } = units[name];
  const assembler = createAssembler();
  const registers = createRegisters(registerFile);
  const sources = createSources(assembler, registers, frameOf(assembler));
  const vectors = createUnit(assembler, type);
  assemblePlayer(assembler, vectors, convention);
  const avx2 = createAvx2(assembler, type); // every processor with AVX-512 has it
  return createIsa({
    type,
    origin,
    assembler,
    registers,
    sources,
    vectors,
    vectorRegisters: vectorRegisters - reserved,
    tile,
    formulas: vectors,
    quads: type === 'float64' ? avx2 : createAvx2(assembler, type, 128),
    doubles: avx2.doubles,
    wide: type === 'float64' ? avx2 : createAvx2(assembler, 'float64'),
    maxRows: MAX_ROWS,
    createRowPointers,
  });
}

/** Properties of an x64 extension. */
interface Unit {
  readonly registers: number; // number of vector registers
  readonly reserved: number; // of these, for the mask
  readonly flags: readonly string[]; // CPU flags that it needs: see processor.ts
  readonly tile: TileRegisters;
  createUnit(assembler: Assembler, type: ElementType): VectorUnit & FormulaUnit<Address>;
}

/** The extensions of x64. */
export const units = {
  avx512: {
    registers: 32,
    reserved: 0,
    flags: ['avx512f', 'avx512dq'],
    // 9 rows of 3 vectors take 12 loads for 27 sums, 14 rows of 2 take 16 for 28; a hyper-thread on the same core takes
    // half of the decoding and loading. And rows of x that fall into one set of the first-level cache, such as rows of
    // 512 doubles, find 12 ways in it. dW reads a new panel for each tile, so narrower tiles of 2 vectors read less.
    tile: { vectors: 3, leafVectors: 2, factors: 1, narrowVectors: 2 },
    createUnit: createAvx512,
  },
  avx2: {
    registers: 16,
    reserved: 1,
    flags: ['avx2', 'fma'],
    tile: { vectors: 2, leafVectors: 2, factors: 1, narrowVectors: 2 },
    createUnit: createAvx2,
  },
} satisfies Record<string, Unit>;

type UnitName = keyof typeof units;
