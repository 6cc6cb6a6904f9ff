import type { ElementType } from '../../../../element-type.ts';
import { createIsa } from '../create-isa.ts';
import type { Isa } from '../isa.ts';
import { createPlaces } from '../places.ts';
import { createRegisters } from '../registers.ts';
import { createAssembler } from './assembler.ts';
import { createAvx2 } from './avx2.ts';
import type { ConventionName } from './convention.ts';
import { assemblePlayer, frameOf } from './player.ts';
import { registerFile } from './registers.ts';
import { createRowPointers, MOST_ROWS } from './rows.ts';
import { type UnitName, units } from './vector-unit.ts';

/** Code for processors of x64 that have an extension, on elements of a type, called by a convention. */
export function createX64(name: UnitName, type: ElementType, convention: ConventionName = 'systemV'): Isa {
  const { registers: vectorRegisters, reserved, tile, createUnit } = units[name];
  const assembler = createAssembler();
  const registers = createRegisters(registerFile);
  const places = createPlaces(assembler, registers, frameOf(assembler));
  const vectors = createUnit(assembler, type);
  assemblePlayer(assembler, vectors, convention);
  return createIsa({
    type,
    assembler,
    registers,
    places,
    vectors,
    vectorRegisters: vectorRegisters - reserved,
    tile,
    arithmetic: createAvx2(assembler, type), // which every processor with a wider extension has, too
    mostRows: MOST_ROWS,
    createRowPointers,
  });
}
