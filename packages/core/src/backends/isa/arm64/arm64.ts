import type { ElementType } from '../../../math/element-type.ts';
import type { Address, Register } from '../assembler.ts';
import { createIsa } from '../create-isa.ts';
import type { Isa } from '../isa.ts';
import { createRegisters } from '../registers.ts';
import type { CreateRowPointers } from '../rows.ts';
import { createSources } from '../sources.ts';
import { createAssembler } from './assembler.ts';
import { createNeon, FREE, VECTOR_REGISTERS } from './neon.ts';
import { createNeonDoubles, createNeonQuads } from './neon-lanes.ts';
import { assemblePlayer, frameOf, registerFile } from './player.ts';

/** Code for arm64 processors, which all have NEON, and elements of `type`; `origin` as in `Extension.createIsa`. */
export function createArm64(type: ElementType, _convention?: unknown, origin = 0): Isa {
  const assembler = createAssembler(FREE);
  const registers = createRegisters(registerFile);
  const sources = createSources(assembler, registers, frameOf(assembler));
  const vectors = createNeon(assembler, type);
  assemblePlayer(assembler);
  return createIsa({
    type,
    origin,
    assembler,
    registers,
    sources,
    vectors,
    vectorRegisters: VECTOR_REGISTERS,
    tile: { vectors: 4, leafVectors: 4, factors: 3, narrowVectors: 4 },
    formulas: vectors,
    quads: createNeonQuads(assembler, type),
    doubles: createNeonDoubles(assembler, type),
    wide: type === 'float64' ? vectors : createNeon(assembler, 'float64'),
    maxRows: MAX_ROWS,
    createRowPointers,
  });
}

const MAX_ROWS = 8;

/** Row addresses as a pointer to the first row and a register with the distance of each other row. */
const createRowPointers: CreateRowPointers = (assembler, registers, sources, stride, M) => {
  const first = registers.takePointer();
  const distances: Register[] = [];
  for (let m = 1; m < M; m++) {
    const r = registers.takeNumber();
    if (m === 1) sources.load(r, stride);
    else assembler.loadAddress(r, { base: distances[m - 2], index: distances[0] });
    distances.push(r);
  }
  return {
    pointers: [first],
    deriveOthers() {}, // the distances stay as they are
    at: (m, offset = 0): Address =>
      m === 0 ? { base: first, offset } : { base: first, index: distances[m - 1], offset },
  };
};
