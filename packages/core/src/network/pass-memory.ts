import { type Elements, type ElementType, elementView, FLOAT64, typeOf } from '../math/element-type.ts';
import { type Lifetime, placeArrays } from '../math/place-arrays.ts';
import { type Allocate, emptyArray, paddedDoubles } from '../math/scratch.ts';
import { type LayerMemory, noMemory, type PassKind, type TeamMemory } from './layers/memory.ts';
import type { PlacedLayer } from './placed-layer.ts';
import { sizeOf } from './shape.ts';

/** The part of a network that a plan of its passes reads. */
export interface PassGraph {
  /** Numbers of a row of inputs. */
  readonly inputs: number;
  /** The layers in the order of their calls. Value 0 is the inputs, and value k + 1 the outputs of layer k. */
  readonly allLayers: readonly PlacedLayer[];
}

/** Memory of one thread for the passes of up to so many rows. */
export interface PassMemory {
  /** Outputs of each layer [rows, out]. Layers share arrays: each keeps its numbers until the last read of the pass. */
  readonly outputs: readonly Elements[];
  /** Memory of each layer. */
  readonly memories: readonly LayerMemory[];
  /** Gradient by the network's outputs, which the loss writes. */
  readonly outputGradient: Elements;
  /** The steps of the backward pass, in order. */
  readonly backward: readonly BackwardStep[];
  /** Gradient by the inputs, or by the outputs of an embedding at the beginning; empty if no pass computes it. */
  readonly inputGradient: Elements;
}

/** The backward pass of a layer. */
export interface BackwardStep {
  /** Index of the layer. */
  readonly index: number;
  /** Gradient by its outputs. */
  readonly dy: Elements;
  /** The array that is first copied to `dy`, since other layers still read it; null if there is none. */
  readonly sourceOfDy: Elements | null;
  /** Gradients by each input; null where none is needed. */
  readonly dxs: readonly (Elements | null)[];
  /** Then: sums of gradients by values that several layers read. */
  readonly sums: readonly GradientSum[];
}

/** sum = later + earlier, where `later` is the gradient by the layers that read the value after this one. */
export interface GradientSum {
  readonly sum: Elements;
  readonly later: Elements;
  readonly earlier: Elements;
  /** Numbers of a row. */
  readonly size: number;
}

/** An array in a plan. */
interface Slot extends Lifetime {
  birth: number;
  death: number;
  readonly type: ElementType;
  readonly length: number;
  /** The last forward step that reads it; Infinity if a backward pass, the loss or the caller reads it. */
  lastForwardRead: number;
  /** Set when the array has its place. */
  array: Elements;
}

/**
 * Plans and takes memory for the passes of up to `rows` rows: each array lives from the step that writes it to the last
 * that reads it, and then others take its place. Layer k runs forward in step k, the loss in step K, the number of
 * layers, and layer k backward in step 2 · K - k.
 *
 * The gradient by a value that several layers read is ((last + the one before) + …) + first, in the order of the
 * layers; the loss is the last. It takes no copies where an array has one owner.
 */
export function createPassMemory(
  { inputs, allLayers }: PassGraph,
  x: Elements, // [rows, inputs]; a first layer may overwrite it
  rows: number,
  allocate: Allocate,
  team: TeamMemory,
): PassMemory {
  const { passes = 'training', unitRows = rows } = team;
  const type = typeOf(x);
  const K = allLayers.length;
  const end = 2 * K + 1;
  const output = K; // the value that is the network's output
  const { readers, learns, needsGradient, gradientValue } = needsOf(allLayers, passes);

  const slots: Slot[] = [];
  function createSlot(length: number, birth: number, slotType: ElementType = type): Slot {
    const doubles = paddedDoubles(slotType, length);
    const array = emptyArray(slotType);
    const slot: Slot = { doubles, birth, death: birth, type: slotType, length, lastForwardRead: birth, array };
    slots.push(slot);
    return slot;
  }
  const readIn = (slot: Slot, step: number): void => void (slot.death = Math.max(slot.death, step));

  // Forward.
  const lastForwardRead = (value: number): number => {
    const isKept =
      value === output ||
      readers[value].some((reader) => learns[reader] && allLayers[reader].layer.reads.x) ||
      (value > 0 && learns[value - 1] && allLayers[value - 1].layer.reads.y);
    return isKept ? Number.POSITIVE_INFINITY : readers[value].reduce((last, reader) => Math.max(last, reader), 0);
  };
  const inputSlot = createSlot(0, 0);
  inputSlot.lastForwardRead = lastForwardRead(0);
  const valueSlots: Slot[] = [inputSlot];
  const memorySlots: Slot[][] = [];
  for (const [k, { layer, inputs: values }] of allLayers.entries()) {
    const xs = values.map((value) => valueSlots[value]);
    const [first] = xs;
    const sharesFirst = layer.isView === true || (layer.elementwise && first.lastForwardRead <= k);
    const y = sharesFirst ? first : createSlot(unitRows * sizeOf(layer.out), k);
    y.lastForwardRead = Math.max(y.lastForwardRead, lastForwardRead(k + 1));
    valueSlots.push(y);
    for (const slot of [...xs, y]) readIn(slot, k);
    if (learns[k]) {
      if (layer.reads.x) for (const slot of xs) readIn(slot, 2 * K - k);
      if (layer.reads.y) readIn(y, 2 * K - k);
    }
    memorySlots.push(passes === 'next' ? [] : planMemory(k));
  }
  readIn(valueSlots[output], passes === 'forward' || passes === 'next' ? end : K);

  /** The slots of a layer's memory, in the order of its allocation. */
  function planMemory(k: number): Slot[] {
    const planned: Slot[] = [];
    const take = (length: number, birth: number, death: number, slotType: ElementType): Elements => {
      const slot = createSlot(length, birth, slotType);
      slot.death = death;
      planned.push(slot);
      return slot.array;
    };
    const backward = 2 * K - k;
    const allocateSlot = ((length: number, slotType: ElementType = type) =>
      take(length, k, learns[k] ? backward : k, slotType)) as Allocate;
    const untaken = (): Elements => emptyArray(type);
    allLayers[k].layer.createMemory?.(unitRows, allocateSlot, {
      leaves: team.leaves,
      allocatePerLeaf: untaken,
      allocatePerThread: untaken,
      allocateForBackward: (length) => (learns[k] ? take(length, backward, backward, type) : untaken()),
    });
    return planned;
  }

  // Backward.
  const outputGradient = createSlot(
    passes === 'next' ? 0 : unitRows * outputSize(allLayers),
    passes === 'inputGradient' ? 0 : K,
  );
  const gradients = planGradients();

  function planGradients() {
    const steps: { index: number; dy: Slot; sourceOfDy: Slot | null; dxs: (Slot | null)[]; sums: PlannedSum[] }[] = [];
    const gradientOf = new Map<number, Slot>([[output, outputGradient]]);
    const owners = new Map<Slot, number>([[outputGradient, 1]]); // values whose gradient an array is or will be
    const addOwners = (slot: Slot, count: number): void => void owners.set(slot, (owners.get(slot) ?? 0) + count);
    for (let k = K - 1; k >= 0; k--) {
      const given = gradientOf.get(k + 1);
      if (!learns[k] || given === undefined) continue;
      const { layer, inputs: values } = allLayers[k];
      const step = 2 * K - k;
      const sums: PlannedSum[] = [];
      const contribute = (value: number, gradient: Slot): void => {
        const later = gradientOf.get(value);
        gradientOf.set(value, later === undefined ? gradient : addTo(later, gradient, sizeOfValue(value), step, sums));
      };
      const needed = values.map((value) => needsGradient[value]);
      readIn(given, step);
      if (layer.passesGradient ?? layer.isView === true) {
        addOwners(given, needed.filter((isNeeded) => isNeeded).length - 1);
        steps.push({ index: k, dy: given, sourceOfDy: null, dxs: needed.map((n) => (n ? given : null)), sums });
        for (const [i, value] of values.entries()) if (needed[i]) contribute(value, given);
        continue;
      }
      const isCopied = layer.overwritesDy === true && (owners.get(given) ?? 0) > 1;
      const dy = isCopied ? createSlot(given.length, step) : given;
      if (isCopied) {
        addOwners(given, -1);
        addOwners(dy, 1);
      }
      const dxs = values.map((value, i) => {
        if (!needed[i]) return null;
        const inPlace = i === 0 && layer.elementwise && owners.get(dy) === 1;
        return inPlace ? dy : createSlot(unitRows * sizeOfValue(value), step);
      });
      if (!dxs.includes(dy)) addOwners(dy, -1);
      for (const dx of dxs) if (dx !== null && dx !== dy) addOwners(dx, 1);
      steps.push({ index: k, dy, sourceOfDy: isCopied ? given : null, dxs, sums });
      for (const [i, value] of values.entries()) {
        const dx = dxs[i];
        if (dx !== null) contribute(value, dx);
      }
    }
    const inputGradient = gradientOf.get(gradientValue);
    if (inputGradient !== undefined) readIn(inputGradient, end);
    return { steps, inputGradient };

    /** Plans later + earlier, in the place of one of both that nobody else owns. */
    function addTo(later: Slot, earlier: Slot, size: number, step: number, sums: PlannedSum[]): Slot {
      readIn(later, step);
      readIn(earlier, step);
      const isFree = (slot: Slot): boolean => later !== earlier && owners.get(slot) === 1;
      const sum = isFree(later) ? later : isFree(earlier) ? earlier : createSlot(unitRows * size, step);
      sums.push({ sum, later, earlier, size });
      addOwners(later, -1);
      addOwners(earlier, -1);
      addOwners(sum, 1);
      return sum;
    }
  }

  function sizeOfValue(value: number): number {
    return value === 0 ? inputs : sizeOf(allLayers[value - 1].layer.out);
  }

  // Take the arrays.
  const units = unitRows === 0 ? 1 : Math.floor((rows + unitRows - 1) / unitRows);
  const { offsets, total } = placeArrays(slots);
  const memory = allocate(units * total, FLOAT64);
  const isCounted = memory.length < units * total; // while doubles are only counted, `allocate` returns empty arrays
  const lengthOf = ({ length }: Slot): number => Math.floor((length * rows) / Math.max(1, unitRows));
  const arrayOf = (k: number, length: number): Elements => {
    const slot = slots[k];
    if (isCounted) return emptyArray(slot.type);
    if (paddedDoubles(slot.type, length) > units * slot.doubles) {
      throw new Error(`createPassMemory: ${rows} rows need ${length} numbers, expected ${units} times ${slot.length}`);
    }
    return elementView(slot.type, memory.buffer, memory.byteOffset + 8 * units * offsets[k], length);
  };
  const indices = new Map(slots.map((slot, k) => [slot, k]));
  for (const [k, slot] of slots.entries()) slot.array = arrayOf(k, lengthOf(slot));
  inputSlot.array = x;
  const memories = allLayers.map(({ layer }, k) => takeMemory(k, layer.createMemory));

  /** A layer's memory, whose arrays it asks for in the order of the plan. */
  function takeMemory(k: number, createMemory: PlacedLayer['layer']['createMemory']): LayerMemory {
    if (createMemory === undefined) return noMemory;
    if (passes === 'next') return createMemory(rows, allocate, team);
    let next = 0;
    const take = (length: number): Elements => arrayOf(indices.get(memorySlots[k][next++]) as number, length);
    const { leaves, allocatePerLeaf, allocatePerThread = allocate } = team;
    return createMemory(rows, take as Allocate, {
      leaves,
      allocatePerLeaf: (width) => allocatePerLeaf(width),
      allocatePerThread: (length) => allocatePerThread(length),
      allocateForBackward: learns[k] ? take : () => emptyArray(type),
    });
  }

  return {
    outputs: valueSlots.slice(1).map(({ array }) => array),
    memories,
    outputGradient: outputGradient.array,
    backward: gradients.steps.map(({ index, dy, sourceOfDy, dxs, sums }) => ({
      index,
      dy: dy.array,
      sourceOfDy: sourceOfDy?.array ?? null,
      dxs: dxs.map((dx) => dx?.array ?? null),
      sums: sums.map(({ sum, later, earlier, size }) => ({
        sum: sum.array,
        later: later.array,
        earlier: earlier.array,
        size,
      })),
    })),
    inputGradient: gradients.inputGradient?.array ?? emptyArray(type),
  };
}

interface PlannedSum {
  readonly sum: Slot;
  readonly later: Slot;
  readonly earlier: Slot;
  readonly size: number;
}

const outputSize = (layers: readonly PlacedLayer[]): number => sizeOf(layers[layers.length - 1].layer.out);

/** Whether each layer has tensors that learn, or reads what a layer that learns has made. */
export const learningLayers = ({ allLayers }: PassGraph): readonly boolean[] => needsOf(allLayers, 'training').learns;

/** Which layers read each value, which run backward, and which values need a gradient. */
function needsOf(layers: readonly PlacedLayer[], passes: PassKind) {
  const readers: number[][] = [[], ...layers.map(() => [])];
  for (const [k, { inputs }] of layers.entries()) for (const value of inputs) readers[value].push(k);
  // An index has no gradient: that by its vector is the one that counts.
  const gradientValue = passes !== 'inputGradient' ? -1 : layers[0].spec.kind === 'embedding' ? 1 : 0;
  const learns: boolean[] = [];
  const needsGradient = [gradientValue === 0];
  for (const [k, { layer, inputs }] of layers.entries()) {
    const hasGradient = passes === 'training' && layer.tensors.length > 0;
    learns.push(hasGradient || inputs.some((value) => needsGradient[value]));
    needsGradient.push(learns[k] || k + 1 === gradientValue);
  }
  return { readers, learns, needsGradient, gradientValue };
}
