import type { ElementType } from '../../../../math/element-type.ts';
import { createIsa } from '../create-isa.ts';
import type { Isa } from '../isa.ts';
import { createPlaces } from '../places.ts';
import { createRegisters } from '../registers.ts';
import { createAssembler } from './assembler.ts';
import { createNeon, FREE, VECTOR_REGISTERS } from './neon.ts';
import { createNeonPairs } from './neon-pairs.ts';
import { assemblePlayer, frameOf } from './player.ts';
import { registerFile } from './registers.ts';
import { createRowPointers, MOST_ROWS } from './rows.ts';

/** Code for processors of arm64, all of which have NEON, on elements of a type. */
export function createArm64(type: ElementType): Isa {
  const assembler = createAssembler(FREE);
  const registers = createRegisters(registerFile);
  const places = createPlaces(assembler, registers, frameOf(assembler));
  assemblePlayer(assembler);
  return createIsa({
    type,
    assembler,
    registers,
    places,
    vectors: createNeon(assembler, type),
    vectorRegisters: VECTOR_REGISTERS,
    tile: { vectors: 4, leafVectors: 4, factors: 3 },
    arithmetic: createNeonPairs(assembler, type),
    mostRows: MOST_ROWS,
    createRowPointers,
  });
}
