import type { ElementType } from './element-type.ts';

/** Windows along one axis: place k of the window of output o is input o · stride + k · dilation - before. */
export interface WindowAxis {
  /** Positions of the inputs. */
  readonly inputs: number;
  /** Windows, each of which gives a position of the outputs. */
  readonly outputs: number;
  /** Places of a window. */
  readonly kernel: number;
  /** Positions from a window to the next. */
  readonly stride: number;
  /** Positions of padding before the first input. */
  readonly before: number;
  /** Positions from a place of a window to the next. */
  readonly dilation: number;
}

/** The axis that a sequence lacks. */
export const ONE_POSITION: WindowAxis = { inputs: 1, outputs: 1, kernel: 1, stride: 1, before: 0, dilation: 1 };

/** The input at place k of the window of output o. It is in the padding if it is below 0 or not below `inputs`. */
export const inputAt = ({ stride, dilation, before }: WindowAxis, o: number, k: number): number =>
  o * stride + k * dilation - before;

/** The output whose window has input i at place k; not a whole number if none has. */
export const outputAt = ({ stride, dilation, before }: WindowAxis, i: number, k: number): number =>
  (i + before - k * dilation) / stride;

/** Windows of images with C channels. A sequence is an image of height 1. */
export interface WindowGeometry {
  /** From the top of an image. */
  readonly height: WindowAxis;
  /** From the left of an image. */
  readonly width: WindowAxis;
  /** Channels of the inputs. */
  readonly C: number;
}

/** Windows of a convolution: each group of the O output channels reads its group of the C channels. */
export interface ConvolutionGeometry extends WindowGeometry {
  /** Channels of the outputs. */
  readonly O: number;
  /** Number of groups of channels, all of one size. */
  readonly groups: number;
}

/** Height H and width V of an image of inputs, OH and OV of an image of outputs. */
export const imageSizes = ({ height, width }: WindowGeometry): [H: number, V: number, OH: number, OV: number] => [
  height.inputs,
  width.inputs,
  height.outputs,
  width.outputs,
];

/** Channels of inputs and of outputs from which Winograd's transforms take less time than they save. */
const MIN_WINOGRAD_CHANNELS = 16;
/** Outputs along an axis from which they do: below, most outputs of the last tiles are unused. */
const MIN_WINOGRAD_OUTPUTS = 4;

/**
 * Whether y and dx of a convolution are computed by Winograd's F(2x2, 3x3): those of floats, with windows of 3 x 3
 * neighbours one pixel apart, at least 16 channels of inputs and of outputs, and at least 4 x 4 outputs.
 */
export const isWinograd = (type: ElementType, { height, width, C, O, groups }: ConvolutionGeometry): boolean =>
  type === 'float32' &&
  groups === 1 &&
  C >= MIN_WINOGRAD_CHANNELS &&
  O >= MIN_WINOGRAD_CHANNELS &&
  [height, width].every(
    ({ kernel, stride, dilation, outputs }) =>
      kernel === 3 && stride === 1 && dilation === 1 && outputs >= MIN_WINOGRAD_OUTPUTS,
  );
