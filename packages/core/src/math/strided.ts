/** Numbers that lie at equal distances along each of some axes, in the array that is written and in the one read. */
export interface StridedGeometry {
  /** Index of the first number that is written. */
  readonly to: number;
  /** Index of the first number that is read. */
  readonly from: number;
  /** The axes, the outermost first. */
  readonly axes: readonly StridedAxis[];
}

/** One axis of a strided geometry. */
export interface StridedAxis {
  /** Numbers along the axis. */
  readonly count: number;
  /** Distance of neighbours in the array that is written: not 0 if there are several, since each is written once. */
  readonly to: number;
  /** Distance of neighbours in the array that is read; 0 reads the same number again. */
  readonly from: number;
}
