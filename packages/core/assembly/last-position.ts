import { bytes } from './lanes';
import { copy, fill } from './vectors';

/** y[C] = the last real position of each row, of T at most. Overwrites `y`. */
export function lastPositionForward(y: usize, x: usize, lengths: usize, B: i32, T: i32, C: i32): void {
  for (; B > 0; B--, y += bytes(C), x += bytes(T * C), lengths += 8) {
    copy(y, x + bytes((min(<i32>load<f64>(lengths), T) - 1) * C), C);
  }
}

/** dx = dy at the last real position of each row, 0 at the others. Overwrites `dx`. */
export function lastPositionBackward(dx: usize, dy: usize, lengths: usize, B: i32, T: i32, C: i32): void {
  for (; B > 0; B--, dx += bytes(T * C), dy += bytes(C), lengths += 8) {
    fill(dx, 0, T * C);
    copy(dx + bytes((min(<i32>load<f64>(lengths), T) - 1) * C), dy, C);
  }
}
