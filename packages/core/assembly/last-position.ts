import { bytes } from './lanes';
import { copy, fill } from './vectors';

/** y[C] = the last of the T places of each row. Overwrites `y`. */
export function lastPositionForward(y: usize, x: usize, B: i32, T: i32, C: i32): void {
  x += bytes((T - 1) * C);
  for (; B > 0; B--, y += bytes(C), x += bytes(T * C)) copy(y, x, C);
}

/** dx = dy at the last place of each row, 0 at the others. Overwrites `dx`. */
export function lastPositionBackward(dx: usize, dy: usize, B: i32, T: i32, C: i32): void {
  const others = (T - 1) * C;
  for (; B > 0; B--, dx += bytes(C), dy += bytes(C)) {
    fill(dx, 0, others);
    dx += bytes(others);
    copy(dx, dy, C);
  }
}
