import { OptionError, unknownOption, within } from '../checks/option-error.ts';
import { oneOf } from '../checks/options/index.ts';
import { has, show } from '../checks/show.ts';
import { activations } from '../families/activations/index.ts';
import type { Pausable } from '../math/pausable.ts';
import { type Layer, type LayerContext, type LayerSpec, layers } from './layers/index.ts';
import { atLayer, type CustomParts, NO_PARTS, type Path } from './layers/place.ts';
import { channelsOf, type Shape, sizeOf } from './shape.ts';

/** State of a network that is being built: its own parts, and the layers so far. */
interface Building {
  readonly own: CustomParts;
  /** The layers so far. */
  readonly before: Map<string, { readonly kind: string; readonly layer: Layer }>;
}

/**
 * Builds a stack of layers. `path` is that of the branch that has them, [] for the network itself, and `stream`
 * names its random streams.
 */
export function* buildLayers(
  building: Building,
  specs: readonly LayerSpec[],
  input: Shape,
  path: Path,
  stream: Path,
): Pausable<Layer[]> {
  if (path.filter((step) => typeof step === 'number').length === MOST_LEVELS) {
    const at = path.join('.');
    const problem = `has more than ${MOST_LEVELS} levels of nested layers, expected at most ${MOST_LEVELS}`;
    throw new OptionError('buildNetwork', `layers.${at}.layers`, problem, { about: `layer ${at}` });
  }
  const built: Layer[] = [];
  let shape = input;
  let counted = 0;
  let source = path.length === 0 ? 'the input' : `the input of layer ${path.join('.')}`;
  for (const [index, spec] of specs.entries()) {
    const place = [...path, index];
    const layer = yield* buildLayer(building, spec, shape, place, [...stream, counted]);
    if (layer.isView !== true) counted++;
    const problem = misfit(layer, shape, source);
    if (problem !== null) {
      throw new OptionError('buildNetwork', `layers.${place.join('.')}.in`, problem, {
        about: `${atLayer(layer.label, place, spec.name)}: input`,
      });
    }
    built.push(layer);
    building.before.set(place.join('.'), { kind: spec.kind, layer });
    shape = layer.out;
    source = layer.label;
    yield;
  }
  return built;
}

/** Most levels of nested layers. A file header allows 30, and each level is a recursive call. */
const MOST_LEVELS = 16;

/** Why a layer cannot follow an output of this shape; null if it can. */
function misfit({ in: wanted }: Layer, shape: Shape, source: string): string | null {
  if (shape.length === 1 && wanted.length === 1) {
    return wanted[0] === shape[0] ? null : `has length ${wanted[0]}, expected ${shape[0]} (output of ${source})`;
  }
  if (wanted.length === shape.length && wanted.every((n, axis) => n === shape[axis])) return null;
  // A layer with one axis that fits the numbers of a row only needs them in one axis.
  const numbers = sizeOf(shape);
  const advice = channelsOf(wanted) === numbers ? `; a flatten layer before it makes one axis of ${numbers}` : '';
  return `has shape ${show(wanted)}, expected ${show(shape)} (output of ${source})${advice}`;
}

const kinds = { ...layers, ...activations };
const ofKinds = oneOf(kinds);

type LayerFactory = (options: object, place: LayerContext) => Layer | Pausable<Layer>;

function* buildLayer(building: Building, spec: LayerSpec, input: Shape, path: Path, stream: Path): Pausable<Layer> {
  const { own, before } = building;
  const place = `buildNetwork: layer ${path.join('.')}`;
  const at = `layers.${path.join('.')}`;
  if (typeof spec !== 'object' || spec === null) {
    throw new OptionError(place, at, `${has(spec)}, expected an object with a kind`, { about: 'spec' });
  }
  const known = own === NO_PARTS ? ofKinds : oneOf({ ...kinds, ...own.layers, ...own.activations });
  const kind = within(at, () => known.check(place, 'kind', spec.kind));
  // Short forms of activations have been converted by now.
  if (Object.hasOwn(activations, kind) || Object.hasOwn(own.activations, kind))
    throw unknownOption(`${place}: ${kind}`, 'fn', ['size', 'alpha']).inside(at);
  // The table pairs each kind with a factory for its options. TypeScript cannot follow the pairing through a key.
  const factories = { ...own.layers, ...layers } as Readonly<Record<string, LayerFactory>>;
  const { kind: _, name, ...options } = spec;
  within(at, () => checkName(place, name));
  try {
    const build: LayerContext['build'] = (specs, input, inner) =>
      // Each spec is checked by `buildLayer` and its factory.
      buildLayers(building, specs as readonly LayerSpec[], input, inner, [...stream, ...inner.slice(path.length)]);
    const made = factories[kind](options, {
      input,
      path,
      stream,
      customParts: own,
      before,
      build,
      ...(name === undefined ? {} : { name }),
    });
    return 'next' in made ? yield* made : made;
  } catch (error) {
    // A nested layer has already named its position.
    if (!(error instanceof OptionError) || error.options[0].startsWith('layers.')) throw error;
    throw error.inside(at, place);
  }
}

/** Most characters of a layer's name, so that tables and messages stay readable. */
const MOST_NAME = 40;

function checkName(where: string, name: unknown): void {
  if (name === undefined) return;
  if (typeof name === 'string' && name.trim() !== '' && name.length <= MOST_NAME && !/\p{Cc}/u.test(name)) return;
  const expected = `a name of 1 to ${MOST_NAME} characters`;
  throw new OptionError(where, 'name', `${has(name)}, expected ${expected}`);
}
