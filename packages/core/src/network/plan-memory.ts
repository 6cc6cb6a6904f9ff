import type { Elements, ElementType } from '../math/element-type.ts';
import type { Lifetime } from '../math/place-arrays.ts';
import { type Allocate, emptyArray, paddedDoubles } from '../math/scratch.ts';
import { hasTrainedTensor, type Layer } from './layers/layer.ts';
import type { PassKind } from './layers/memory.ts';
import type { PlacedLayer } from './placed-layer.ts';
import { sizeOf } from './shape.ts';

/** The part of a network that a plan of its passes reads. */
export interface PassGraph {
  /** Numbers of a row of inputs. */
  readonly inputs: number;
  /** The layers in the order of their calls. Value 0 is the inputs, and value k + 1 the outputs of layer k. */
  readonly allLayers: readonly PlacedLayer[];
}

/** An array of a plan. */
export interface Slot extends Lifetime {
  readonly index: number; // among all slots of the plan
  readonly type: ElementType;
  readonly length: number; // for the rows of the plan
  death: number;
  lastForwardRead: number; // a step; that of the loss if the loss, the backward pass or the caller reads it
  owners: number; // of a gradient: the values whose gradient it is, or will be added to
}

/** A step of the backward pass. `Place` is what stands for an array: a slot of the plan, or the array itself. */
export interface BackwardStep<Place> {
  /** Index of the layer. */
  readonly index: number;
  /** Gradient by its outputs. */
  readonly dy: Place;
  /** What is first copied to `dy`, since other layers still read it; null if nothing. */
  readonly sourceOfDy: Place | null;
  /** Gradients by each input; null where none is needed. */
  readonly dxs: readonly (Place | null)[];
  /** Sums that follow, of gradients by values that several layers read. */
  readonly sums: readonly GradientSum<Place>[];
}

/** sum = later + earlier, where `later` is the gradient by the layers that read the value after this one. */
export interface GradientSum<Place> {
  readonly sum: Place;
  readonly later: Place;
  readonly earlier: Place;
  readonly size: number; // numbers of a row
}

/** The arrays of passes, each with the steps in which it lives. */
export interface MemoryPlan {
  readonly slots: readonly Slot[];
  readonly learns: readonly boolean[]; // whether each layer runs backward
  readonly inputs: Slot; // takes no memory: the inputs have an array already
  readonly outputs: readonly Slot[]; // of each layer
  readonly memories: readonly (readonly Slot[])[]; // of each layer, in the order of its allocation
  readonly outputGradient: Slot;
  readonly inputGradient: Slot | null;
  readonly backward: readonly BackwardStep<Slot>[];
}

/**
 * Plans the arrays of passes of so many rows. Each lives from the step that writes it to the last that reads it: layer
 * k runs forward in step k, the loss in step K, the number of layers, and layer k backward in step 2 · K - k.
 */
export function planMemory(
  { inputs, allLayers }: PassGraph,
  rows: number,
  type: ElementType,
  passes: PassKind,
  leaves: number, // of a batch
): MemoryPlan {
  const K = allLayers.length;
  const learning = learningOf(allLayers, passes);
  const slots: Slot[] = [];
  function createSlot(length: number, step: number, slotType: ElementType = type): Slot {
    const slot: Slot = {
      index: slots.length,
      type: slotType,
      length,
      doubles: paddedDoubles(slotType, length),
      birth: step,
      death: step,
      lastForwardRead: step,
      owners: 1,
    };
    slots.push(slot);
    return slot;
  }
  const sizes = [inputs, ...allLayers.map(({ layer }) => sizeOf(layer.out))];
  const plan: Planning = { allLayers, K, learning, passes, createSlot, sizes, rowsOf: (value) => rows * sizes[value] };

  const values = planForward(plan);
  const memories = allLayers.map(({ layer }, k) => planLayer(plan, layer, k, rows, type, leaves));
  const outputGradient = createSlot(passes === 'next' ? 0 : plan.rowsOf(K), passes === 'inputGradient' ? 0 : K);
  const { backward, gradients } = planBackward(plan, outputGradient);
  const inputGradient = gradients[learning.gradientValue] ?? null;
  if (inputGradient !== null) readIn(inputGradient, 2 * K + 1);
  const [inputSlot, ...outputs] = values;
  return {
    slots,
    learns: learning.learns,
    inputs: inputSlot,
    outputs,
    memories,
    outputGradient,
    inputGradient,
    backward,
  };
}

/** What all parts of a plan read. */
interface Planning {
  readonly allLayers: readonly PlacedLayer[];
  readonly K: number; // number of layers, and the step of the loss
  readonly learning: Learning;
  readonly passes: PassKind;
  createSlot(length: number, step: number, type?: ElementType): Slot;
  readonly sizes: readonly number[]; // numbers of a row of each value
  rowsOf(value: number): number; // numbers of all its rows
}

/** Notes that a step reads or writes an array. */
function readIn(slot: Slot, step: number): void {
  if (step > slot.death) slot.death = step;
}

/** The arrays of all values. A layer shares the array of its input where it may overwrite it. */
function planForward({ allLayers, K, learning: { learns }, passes, createSlot, rowsOf }: Planning): Slot[] {
  const lastReads = lastForwardReads(allLayers, learns);
  const inputSlot = createSlot(0, 0);
  inputSlot.lastForwardRead = lastReads[0];
  const values = [inputSlot];
  for (const [k, { layer, inputs }] of allLayers.entries()) {
    const first = values[inputs[0]];
    const isInPlace = layer.isView === true || (layer.elementwise && first.lastForwardRead <= k);
    const y = isInPlace ? first : createSlot(rowsOf(k + 1), k);
    y.lastForwardRead = Math.max(y.lastForwardRead, lastReads[k + 1]);
    values.push(y);
    readIn(y, learns[k] && layer.reads.y ? 2 * K - k : k);
    for (const value of inputs) readIn(values[value], learns[k] && layer.reads.x ? 2 * K - k : k);
  }
  readIn(values[K], passes === 'forward' || passes === 'next' ? 2 * K + 1 : K);
  return values;
}

/** The last forward step that reads each value; K, that of the loss, if the backward pass or the caller reads it. */
function lastForwardReads(allLayers: readonly PlacedLayer[], learns: readonly boolean[]): Int32Array {
  const K = allLayers.length;
  const steps = new Int32Array(K + 1);
  for (const [k, { layer, inputs }] of allLayers.entries()) {
    if (learns[k] && layer.reads.y) steps[k + 1] = K;
    const step = learns[k] && layer.reads.x ? K : k;
    for (const value of inputs) steps[value] = Math.max(steps[value], step);
  }
  steps[K] = K;
  return steps;
}

/** The arrays of a layer's memory. Those of passes over further positions are not planned: they outlive a pass. */
function planLayer(
  { K, learning: { learns }, passes, createSlot }: Planning,
  { createMemory }: Layer,
  k: number,
  rows: number,
  type: ElementType,
  leaves: number,
): readonly Slot[] {
  const slots: Slot[] = [];
  if (createMemory === undefined || passes === 'next') return slots;
  const backwardStep = 2 * K - k;
  function take(length: number, from: number, to: number, slotType: ElementType): Elements {
    const slot = createSlot(length, from, slotType);
    readIn(slot, to);
    slots.push(slot);
    return emptyArray(slotType);
  }
  const nothing = (): Elements => emptyArray(type);
  const last = learns[k] ? backwardStep : k;
  const allocate = (length: number, slotType: ElementType = type): Elements => take(length, k, last, slotType);
  createMemory(rows, allocate as Allocate, {
    leaves,
    allocatePerLeaf: nothing,
    allocatePerThread: nothing,
    allocateForBackward: learns[k] ? (length) => take(length, backwardStep, backwardStep, type) : nothing,
  });
  return slots;
}

/**
 * The steps of the backward pass, and the gradient by each value. That by a value that several layers read is ((last +
 * the one before) + …) + first, in the order of the layers; the loss is the last. An array with one owner is
 * overwritten where the layer allows it.
 */
function planBackward(
  { allLayers, K, learning: { learns, needsGradient }, createSlot, sizes, rowsOf }: Planning,
  lossGradient: Slot,
) {
  const backward: BackwardStep<Slot>[] = [];
  const gradients: (Slot | undefined)[] = [...Array(K), lossGradient];
  for (let k = K - 1; k >= 0; k--) {
    const { layer, inputs } = allLayers[k];
    const outputGradient = gradients[k + 1];
    if (!learns[k] || outputGradient === undefined) continue;
    const step = 2 * K - k;
    readIn(outputGradient, step);
    const isShared = layer.overwritesDy === true && outputGradient.owners > 1;
    const dy = isShared ? createSlot(outputGradient.length, step) : outputGradient;
    if (isShared) outputGradient.owners--;
    const dxs = inputs.map((value, i) => {
      if (!needsGradient[value]) return null;
      if (passesGradient(layer) || (i === 0 && layer.elementwise && dy.owners === 1)) return dy;
      return createSlot(rowsOf(value), step);
    });
    dy.owners += dxs.filter((dx) => dx === dy).length - 1;
    const sums: GradientSum<Slot>[] = [];
    for (const [i, dx] of dxs.entries()) {
      if (dx === null) continue;
      const later = gradients[inputs[i]];
      gradients[inputs[i]] = later === undefined ? dx : addGradients(later, dx, inputs[i], step, sums);
    }
    backward.push({ index: k, dy, sourceOfDy: isShared ? outputGradient : null, dxs, sums });
  }
  return { backward, gradients };

  /** Plans later + earlier, in the array of one of both that has no other owner. */
  function addGradients(later: Slot, earlier: Slot, value: number, step: number, sums: GradientSum<Slot>[]): Slot {
    readIn(later, step);
    readIn(earlier, step);
    const isFree = (slot: Slot): boolean => slot.owners === 1;
    const sum = isFree(later) ? later : isFree(earlier) ? earlier : createSlot(rowsOf(value), step);
    later.owners--;
    earlier.owners--;
    if (sum === later || sum === earlier) sum.owners++;
    sums.push({ sum, later, earlier, size: sizes[value] });
    return sum;
  }
}

/** Whether the gradient by each input of a layer is that by its outputs. */
export const passesGradient = ({ passesGradient, isView }: Layer): boolean => passesGradient ?? isView === true;

/** What learns in passes. */
interface Learning {
  /** Whether each layer runs backward: it has tensors that learn, or a value that it reads needs a gradient. */
  readonly learns: readonly boolean[];
  /** Whether each value needs a gradient. */
  readonly needsGradient: readonly boolean[];
  /** The value whose gradient is wanted for itself; -1 if there is none. */
  readonly gradientValue: number;
}

function learningOf(layers: readonly PlacedLayer[], passes: PassKind): Learning {
  // An index has no gradient: that by its vector is the one that counts.
  const gradientValue = passes !== 'inputGradient' ? -1 : layers[0].spec.kind === 'embedding' ? 1 : 0;
  const learns: boolean[] = [];
  const needsGradient = [gradientValue === 0];
  for (const [k, { layer, inputs }] of layers.entries()) {
    const readsGradient = inputs.some((value) => needsGradient[value]);
    learns.push(readsGradient || (passes === 'training' && hasTrainedTensor(layer)));
    needsGradient.push(learns[k] || k + 1 === gradientValue);
  }
  return { learns, needsGradient, gradientValue };
}

/** Whether each layer has tensors that learn, or reads what a layer that learns has made. */
export const learningLayers = ({ allLayers }: PassGraph): readonly boolean[] =>
  learningOf(allLayers, 'training').learns;
