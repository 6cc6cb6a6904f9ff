import { OptionError, unknownOption, within } from '../checks/option-error.ts';
import { flag, oneOf } from '../checks/options/index.ts';
import { counted, has, show } from '../checks/show.ts';
import { activations } from '../families/activations/index.ts';
import { type Layer, type LayerContext, type LayerSpec, layers } from './layers/index.ts';
import {
  atLayer,
  type BuiltValue,
  type CustomParts,
  type LayerBefore,
  NO_PARTS,
  type Path,
} from './layers/layer-context.ts';
import { withLora } from './layers/lora.ts';
import { expandLayer, type PlacedLayer } from './placed-layer.ts';
import { channelsOf, type Shape, sizeOf } from './shape.ts';

/** State of building a network, which all its layers use. */
interface BuildState {
  readonly customParts: CustomParts;
  /** The layers so far, in the order of their calls. */
  readonly placed: PlacedLayer[];
  /** The layers so far by path, and by name. */
  readonly before: Map<string, LayerBefore>;
  /** Values by the names and paths that `of` may give; null for what names two. */
  readonly values: Map<string, BuiltValue | null>;
}

/** The name of the input of a network that has one. */
const INPUT = 'input';

/** Builds the layers of a network, in the order of their calls. */
export function buildLayers(specs: readonly LayerSpec[], input: Shape, customParts: CustomParts): PlacedLayer[] {
  const state: BuildState = { customParts, placed: [], before: new Map(), values: new Map() };
  const value = { index: 0, shape: input, source: 'the input' };
  state.values.set(INPUT, value);
  addLayers(state, specs, value, [], [], false);
  refuseUnread(state.placed);
  return state.placed;
}

/** Builds a layer that reads values of these shapes, as the first of a network. */
export function buildAlone(spec: LayerSpec, shapes: readonly Shape[], customParts = NO_PARTS): PlacedLayer {
  const values = shapes.map((shape, k) => ({ index: k, shape, source: k === 0 ? 'the input' : `input ${k}` }));
  const names = values.map(({ source }) => source);
  const state: BuildState = {
    customParts,
    placed: [],
    before: new Map(),
    values: new Map(values.map((value) => [value.source, value])),
  };
  addLayers(state, [{ ...expandLayer(spec), of: names }], values[0], [], [], false);
  return state.placed[state.placed.length - 1];
}

/** @throws OptionError for a layer whose outputs nothing reads, other than the last. */
function refuseUnread(placedLayers: readonly PlacedLayer[]): void {
  const isRead = new Uint8Array(placedLayers.length + 1);
  isRead[placedLayers.length] = 1; // the outputs of the network
  for (const { inputs } of placedLayers) for (const value of inputs) isRead[value] = 1;
  const unread = placedLayers.find((_, k) => isRead[k + 1] === 0);
  if (unread === undefined) return;
  const { path, layer, spec } = unread;
  const problem = 'are read by no layer, expected one whose `of` names it';
  const about = `${atLayer(layer.label, path, spec.name)}: the outputs`;
  throw new OptionError('buildNetwork', `layers.${path}`, problem, { about });
}

/**
 * Adds layers that each read the one before, the first of them `value`. Returns the outputs of the last. `path` is that
 * of the block that holds them, [] for the network itself, and `stream` names its random streams. `isFrozen` says
 * whether the block is frozen.
 */
function addLayers(
  state: BuildState,
  specs: readonly LayerSpec[],
  value: BuiltValue,
  path: Path,
  stream: Path,
  isFrozen: boolean,
): BuiltValue {
  if (path.filter((step) => typeof step === 'number').length === MAX_LEVELS) {
    const pathText = path.join('.');
    const problem = `has more than ${MAX_LEVELS} levels of nested layers, expected at most ${MAX_LEVELS}`;
    throw new OptionError('buildNetwork', `layers.${pathText}.layers`, problem, { about: `layer ${pathText}` });
  }
  let x = path.length === 0 ? value : { ...value, source: `the input of layer ${path.join('.')}` };
  let streamIndex = 0; // layers but flatten, as in `LayerContext.stream`
  for (const [index, spec] of specs.entries()) {
    const layerPath = [...path, index];
    const layerStream = [...stream, streamIndex];
    const values = valuesOf(state, spec, x, layerPath);
    const layer = buildLayer(state, spec, values, layerPath, layerStream, isFrozen);
    if (layer.isView !== true) streamIndex++;
    checkValues(layer, values, layerPath, spec);
    const pathText = layerPath.join('.');
    const { of: inputs = values.map(({ index }) => index) } = layer;
    const usedLayer = spec.kind === 'like' ? state.before.get(spec.layer) : undefined;
    const placedSpec = usedLayer === undefined ? spec : ({ ...usedLayer.spec, name: spec.name } as LayerSpec);
    const frozen = isFrozen || spec.freeze === true || usedLayer?.isFrozen === true;
    state.placed.push({ path: pathText, layer, spec: placedSpec, inputs, stream: layerStream, isFrozen: frozen });
    x = { index: state.placed.length, shape: layer.out, source: layer.label };
    for (const key of spec.name === undefined ? [pathText] : [pathText, spec.name]) {
      const layerBefore = { kind: placedSpec.kind, spec: placedSpec, path: pathText, layer, isFrozen: frozen };
      // A path goes before a name that looks like one.
      if (key === pathText || !state.before.has(key)) state.before.set(key, layerBefore);
      state.values.set(key, state.values.has(key) ? null : x);
    }
  }
  return x;
}

/** The values that a layer reads. @throws OptionError for a name of none, or of two. */
function valuesOf(state: BuildState, spec: LayerSpec, x: BuiltValue, path: Path): readonly BuiltValue[] {
  if (typeof spec !== 'object' || spec === null || spec.of === undefined) return [x];
  const { values } = state;
  const names: readonly unknown[] = [spec.of].flat();
  return (names.length === 0 ? [names] : names).map((name, k) => {
    const value = typeof name === 'string' ? values.get(name) : undefined;
    if (value) return value;
    const [where, option] = [`buildNetwork: layer ${path.join('.')}`, `layers.${path.join('.')}.of`];
    const known = namesIn(state).slice(-MAX_NAMED).map(show);
    const expected = known.length === 0 ? 'none, since no layer stands before it' : `one of ${known.join(', ')}`;
    const problem = value === null ? 'which names two values, expected a name of one' : `expected ${expected}`;
    const about = spec.kind === 'heads' && spec.names?.[k] !== undefined ? `output ${show(spec.names[k])}` : 'of';
    throw new OptionError(where, option, `has ${show(name)}, ${problem}`, { about });
  });
}

/** A name for each value so far, without those that stand for a part of a row before it has its shape. */
const namesIn = ({ placed, values }: BuildState): string[] => [
  ...(values.has(INPUT) ? [INPUT] : []),
  ...placed
    .filter(({ spec }, k) => !isUnnamedPart(spec, placed[k + 1]?.spec))
    .map(({ spec, path }) => spec.name ?? path),
];

const isUnnamedPart = ({ kind, of, name }: LayerSpec, next: LayerSpec | undefined): boolean =>
  kind === 'slice' && of === INPUT && name === undefined && next?.kind === 'reshape' && next.name !== undefined;

/** Maximum number of names that an error lists: the last ones, which stand nearest. */
const MAX_NAMED = 12;

/** @throws OptionError if a layer reads other numbers or shapes of values than it is given. */
function checkValues(layer: Layer, values: readonly BuiltValue[], path: Path, { name }: LayerSpec): void {
  const about = atLayer(layer.label, path, name);
  const option = `layers.${path.join('.')}`;
  const isBlock = layer.of !== undefined; // whose layers have checked the one value that they read
  const expected = isBlock ? 1 : layer.in.length;
  if (expected !== values.length) {
    const problem = `has ${counted(values.length, 'value')}, expected ${expected}`;
    throw new OptionError('buildNetwork', `${option}.of`, problem, { about: `${about}: of` });
  }
  if (isBlock) return;
  for (const [i, value] of values.entries()) {
    const problem = shapeProblem(layer.in[i], value.shape, value.source);
    if (problem !== null) throw new OptionError('buildNetwork', `${option}.in`, problem, { about: `${about}: input` });
  }
}

/** Levels of nested layers. A file header allows 30, and each level is a recursive call. */
const MAX_LEVELS = 16;

/** Why a layer cannot follow an output of this shape; null if it can. */
function shapeProblem(expected: Shape, shape: Shape, source: string): string | null {
  if (shape.length === 1 && expected.length === 1) {
    return expected[0] === shape[0] ? null : `has length ${expected[0]}, expected ${shape[0]} (output of ${source})`;
  }
  if (expected.length === shape.length && expected.every((n, axis) => n === shape[axis])) return null;
  // A layer with one axis that fits the numbers of a row only needs them in one axis.
  const numbers = sizeOf(shape);
  const advice = channelsOf(expected) === numbers ? `; a flatten layer before it makes one axis of ${numbers}` : '';
  return `has shape ${show(expected)}, expected ${show(shape)} (output of ${source})${advice}`;
}

const kinds = { ...layers, ...activations };
const builtInKind = oneOf(kinds);
const freezeOption = flag(false);

type LayerFactory = (options: object, context: LayerContext) => Layer;

function buildLayer(
  state: BuildState,
  spec: LayerSpec,
  values: readonly BuiltValue[],
  path: Path,
  stream: Path,
  isInFrozen: boolean,
): Layer {
  const { customParts, before } = state;
  const where = `buildNetwork: layer ${path.join('.')}`;
  const optionPath = `layers.${path.join('.')}`;
  if (typeof spec !== 'object' || spec === null) {
    throw new OptionError(where, optionPath, `${has(spec)}, expected an object with a kind`, { about: 'spec' });
  }
  const kindOption =
    customParts === NO_PARTS ? builtInKind : oneOf({ ...kinds, ...customParts.layers, ...customParts.activations });
  const kind = within(optionPath, () => kindOption.check(where, 'kind', spec.kind));
  // Short forms of activations have been converted by now.
  if (Object.hasOwn(activations, kind) || Object.hasOwn(customParts.activations, kind)) {
    throw unknownOption(`${where}: ${kind}`, 'fn', ['size', 'alpha']).inside(optionPath);
  }
  // The table pairs each kind with a factory for its options. TypeScript cannot follow the pairing through a key.
  const factories = (Object.hasOwn(layers, kind) ? layers : customParts.layers) as Readonly<
    Record<string, LayerFactory>
  >;
  const { kind: _, name, of, freeze = false, lora, ...options } = spec;
  const [value] = values;
  const inputs = values.map(({ shape }) => shape);
  within(optionPath, () => {
    checkName(where, name);
    freezeOption.check(where, 'freeze', freeze);
  });
  const isFrozen = isInFrozen || freeze;
  const build: LayerContext['build'] = (specs, inner) =>
    // Each spec is checked by `buildLayer` and its factory.
    addLayers(state, specs as readonly LayerSpec[], value, inner, [...stream, ...inner.slice(path.length)], isFrozen);
  const nameOption = name === undefined ? {} : { name };
  const create: LayerContext['create'] = (other, frozen) =>
    buildLayer(state, other as LayerSpec, values, path, stream, frozen);
  const built = { customParts, before, build, create, isFrozen };
  const context = { input: value.shape, inputs, value, path, stream, ...built, ...nameOption };
  try {
    const alone = factories[kind](options, context);
    const layer = lora === undefined ? alone : withLora(kind, alone, lora);
    return isFrozen ? { ...layer, tensors: layer.tensors.map((tensor) => ({ ...tensor, isTrained: false })) } : layer;
  } catch (error) {
    // A nested layer has already named its position.
    if (!(error instanceof OptionError) || error.options[0].startsWith('layers.')) throw error;
    throw error.inside(optionPath, where);
  }
}

/** Characters of a layer's name, so that tables and messages stay readable. */
const MAX_NAME_LENGTH = 40;

function checkName(where: string, name: unknown): void {
  if (name === undefined) return;
  if (typeof name === 'string' && name.trim() !== '' && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name)) return;
  throw new OptionError(where, 'name', `${has(name)}, expected a name of 1 to ${MAX_NAME_LENGTH} characters`);
}
