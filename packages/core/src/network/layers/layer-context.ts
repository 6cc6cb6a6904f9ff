import type { Activation } from '../../families/activations/activation.ts';
import type { KindOf } from '../../families/family.ts';
import type { Initializer } from '../../families/initializers/initializer.ts';
import type { Loss } from '../../families/losses/loss.ts';
import type { Metric } from '../../families/metrics/metric.ts';
import type { Expression } from '../../families/scalars/expression.ts';
import type { ScheduleIn } from '../../families/schedules/schedule.ts';
import type { Shape } from '../shape.ts';
import type { Layer } from './layer.ts';

/** A user's own activation. */
export interface CustomActivation extends Activation {
  /** f as an expression, if it is a formula. */
  expressionOf?(alpha: number): Expression;
}

/** The user's own parts by family and name, in addition to the built-in ones. */
export interface CustomParts {
  /** Activations. */
  readonly activations: Readonly<Record<string, CustomActivation>>;
  /** Losses. */
  readonly losses: Readonly<Record<string, (options: object) => Loss>>;
  /** Layers. */
  readonly layers: Readonly<Record<string, (options: object, context: LayerContext) => Layer>>;
  /** Initializers. */
  readonly initializers: Readonly<Record<string, (options: object) => Initializer>>;
  /** Schedules. */
  readonly schedules: Readonly<Record<string, (options: object) => ScheduleIn>>;
  /** Metrics. Every evaluation computes all of them. */
  readonly metrics: Readonly<Record<string, () => Metric>>;
}

/** No own parts. */
export const NO_PARTS: CustomParts = {
  activations: {},
  losses: {},
  layers: {},
  initializers: {},
  schedules: {},
  metrics: {},
};

/** An option of a layer that holds a list of nested layers. */
export type BranchName = 'layers' | 'shortcut';
/** All of these options. */
export const branchNames: readonly BranchName[] = ['layers', 'shortcut'];

/** Position of a layer in the network, counted from 0; of a nested layer the path of its branch and its position. */
export type Path = readonly (number | BranchName)[];

/** The path of a branch of the layer at `path`: [2] for its `layers`, [2, 'shortcut'] for its shortcut. */
export const branchPath = (path: Path, branch: BranchName): Path => (branch === 'layers' ? path : [...path, branch]);

/** The place of a layer in its network. */
export interface LayerContext {
  /** Shape of a row of the first value that it reads. */
  readonly input: Shape;
  /** Shapes of a row of each value that it reads. */
  readonly inputs: readonly Shape[];
  /** Position in the network. */
  readonly path: Path;
  /** Names its random streams: `path`, with flatten layers not counted, so that none of them changes a draw. */
  readonly stream: Path;
  /** The name that its spec gives it. @default none */
  readonly name?: string;
  /** Whether its tensors are constants in training. @default false */
  readonly isFrozen?: boolean;
  /** The user's own parts. @default none */
  readonly customParts?: CustomParts;
  /** The layers before it in the network by path, and by name, nested ones too. */
  readonly before: ReadonlyMap<string, LayerBefore>;
  /** The first value that it reads. */
  readonly value: BuiltValue;
  /** Adds nested layers to the network, the first of which reads `value`. @throws Error if they do not fit together. */
  build(specs: readonly KindOf<string>[], path: Path): BuiltValue;
  /** Another layer in the place of this one. @throws Error if it does not fit. */
  create(spec: KindOf<string>, isFrozen: boolean): Layer;
}

/** Rows in a network: its inputs, or the outputs of a layer. */
export interface BuiltValue {
  /** See `PlacedLayer.inputs`. */
  readonly index: number;
  /** Shape of a row. */
  readonly shape: Shape;
  /** The layer that makes it, as errors name it: 'dense(2->3)', or 'the input'. */
  readonly source: string;
}

/** A layer that stands before another. */
export interface LayerBefore {
  /** Its kind in specs. */
  readonly kind: string;
  /** Its spec, in long form. */
  readonly spec: KindOf<string>;
  /** Its path. */
  readonly path: string;
  /** The layer. */
  readonly layer: Layer;
  /** Whether its tensors are constants in training. */
  readonly isFrozen: boolean;
}

/** 'dense(2->3) at layer 0', or 'dense(2->3) at layer 0 (encoder)': how messages say which layer they mean. */
export function atLayer(label: string, path: string | Path, name?: string): string {
  const position = `${label} at layer ${typeof path === 'string' ? path : path.join('.')}`;
  return name === undefined ? position : `${position} (${name})`;
}
