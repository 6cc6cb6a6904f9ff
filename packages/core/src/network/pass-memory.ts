import { type Elements, elementView, FLOAT64, typeOf } from '../math/element-type.ts';
import { placeArrays } from '../math/place-arrays.ts';
import { type Allocate, emptyArray, paddedDoubles } from '../math/scratch.ts';
import { type LayerMemory, noMemory, type TeamMemory } from './layers/memory.ts';
import { type BackwardStep, type PassGraph, planMemory, type Slot } from './plan-memory.ts';

/** Memory of one thread for the passes of up to so many rows. */
export interface PassMemory {
  /** Outputs of each layer [rows, out]. Layers share arrays: each keeps its numbers until the last read of the pass. */
  readonly outputs: readonly Elements[];
  readonly memories: readonly LayerMemory[];
  /** Gradient by the network's outputs, which the loss writes. */
  readonly outputGradient: Elements;
  /** The steps of the backward pass, in order. */
  readonly backward: readonly BackwardStep<Elements>[];
  /** Gradient by the inputs, or by the outputs of an embedding at the beginning; empty if no pass computes it. */
  readonly inputGradient: Elements;
}

/** Takes memory for the passes of up to `rows` rows, in which arrays that do not live at one time share places. */
export function createPassMemory(
  graph: PassGraph,
  x: Elements, // [rows, inputs]; a first layer may overwrite it
  rows: number,
  allocate: Allocate,
  team: TeamMemory,
): PassMemory {
  const { leaves, passes = 'training', unitRows = rows } = team;
  const type = typeOf(x);
  const plan = planMemory(graph, unitRows, type, passes, leaves);
  const { offsets, total } = placeArrays(plan.slots);
  const units = rows <= unitRows ? 1 : Math.floor((rows + unitRows - 1) / unitRows);
  const memory = allocate(units * total, FLOAT64);
  const isCounted = memory.length < units * total; // while doubles are only counted, `allocate` returns empty arrays

  function arrayOf(slot: Slot, length: number): Elements {
    if (slot === plan.inputs) return x;
    if (isCounted || length === 0) return emptyArray(slot.type);
    if (paddedDoubles(slot.type, length) > units * slot.doubles) {
      throw new Error(`createPassMemory: ${rows} rows have ${length} numbers, expected ${units} times ${slot.length}`);
    }
    return elementView(slot.type, memory.buffer, memory.byteOffset + 8 * units * offsets[slot.index], length);
  }

  /** A layer's memory, whose arrays it asks for in the order of the plan. */
  function takeMemory(slots: readonly Slot[], k: number): LayerMemory {
    const { createMemory } = graph.allLayers[k].layer;
    if (createMemory === undefined) return noMemory;
    if (passes === 'next') return createMemory(rows, allocate, team);
    let next = 0;
    const take = (length: number): Elements => arrayOf(slots[next++], length);
    const { allocatePerLeaf, allocatePerThread = allocate } = team;
    // An array that no pass needs is not in the plan.
    const allocateForBackward = plan.learns[k] ? take : () => emptyArray(type);
    return createMemory(rows, take as Allocate, { leaves, allocatePerLeaf, allocatePerThread, allocateForBackward });
  }

  const arrays = new Map<Slot, Elements>();
  /** The array of rows of a value, or of its gradient. */
  function rowsOf(slot: Slot): Elements {
    const array = arrays.get(slot) ?? arrayOf(slot, (slot.length / Math.max(1, unitRows)) * rows);
    arrays.set(slot, array);
    return array;
  }
  const rowsOrNull = (slot: Slot | null): Elements | null => (slot === null ? null : rowsOf(slot));
  return {
    outputs: plan.outputs.map(rowsOf),
    memories: plan.memories.map(takeMemory),
    outputGradient: rowsOf(plan.outputGradient),
    backward: plan.backward.map(({ index, dy, sourceOfDy, dxs, sums }) => ({
      index,
      dy: rowsOf(dy),
      sourceOfDy: rowsOrNull(sourceOfDy),
      dxs: dxs.map(rowsOrNull),
      sums: sums.map(({ size, ...slots }) => ({
        sum: rowsOf(slots.sum),
        later: rowsOf(slots.later),
        earlier: rowsOf(slots.earlier),
        size,
      })),
    })),
    inputGradient: rowsOrNull(plan.inputGradient) ?? emptyArray(type),
  };
}
